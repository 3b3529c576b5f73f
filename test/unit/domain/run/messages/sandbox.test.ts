/** A workflow has no Node built-ins: only ECMAScript, and of the platform little more than URL and TextEncoder. */
import vm from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const entry = `
  import { checkCommand, checkHeartbeat } from './domain/run/messages.ts';
  import { commandBodyHash } from './domain/run/hash.ts';
  import { reduceRun } from './domain/run/reduce.ts';
  import { applyChange } from './domain/run/apply.ts';
  import { earliestDeadline } from './domain/run/deadlines.ts';
  import { absorbAnswer, emptyMemory } from './domain/run/memory.ts';
  import { defaultRunSettings } from './contracts/run/settings.ts';
  const context = { settings: defaultRunSettings, newId: () => 'id-1' };
  const memory = emptyMemory('r-1', defaultRunSettings.policy, 'hash', null);
  const request = { id: 'r-1', experiment_id: 'e', version_id: 'v', launch_manifest: {}, overrides: {}, priority: 0 };
  const order = { request, policy: defaultRunSettings.policy, body_hash: 'hash', nonce: 'n', origin: null };
  const reduced = reduceRun(memory, { kind: 'create', order }, 0, context);
  const change = reduced.effects[0].change;
  const applied = applyChange(null, change, {
    now: 1000, settings: defaultRunSettings, telemetry: null, paths: { ingest: null, sweep: null }, next_command_seq: 1,
  });
  const after = absorbAnswer(reduced.memory, { result: 'applied', now: '1970-01-01T00:00:01.000Z', stored: applied.stored });
  const command = checkCommand({ type: 'pause', actor: { type: 'operator', id: 'ana' } });
  result = JSON.stringify([
    checkHeartbeat(beat, 'r-1').ok, commandBodyHash(command.value), earliestDeadline(after, defaultRunSettings),
  ]);
`;

describe('the workflow sandbox', () => {
  it('runs checks, hashes, reducer and deadlines', async () => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: entry, resolveDir: process.cwd() },
      bundle: true,
      write: false,
      metafile: true,
      format: 'iife',
      platform: 'neutral',
      mainFields: ['main'],
    });
    const beat = { run_id: 'r-1', status: 'running', step: 1, samples_per_sec: 1, loss: 1, checkpoint_version: 0 };
    const realm = vm.createContext({ URL, TextEncoder, beat, result: null });
    vm.runInContext(outputFiles[0]?.text ?? '', realm);
    expect(JSON.parse(String(realm['result']))).toEqual([
      true,
      expect.stringMatching(/^[0-9a-f]{64}$/),
      { kind: 'start', at: 901_000 },
    ]);
    expect(Object.keys(metafile.inputs).filter((file) => file.includes('node_modules/zod'))).toEqual([]);
  });
});
