/** A workflow has no Node built-ins: only ECMAScript, and of the platform little more than URL and TextEncoder. */
import vm from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const entry = `
  import { checkIntrospection } from './domain/registration/messages.ts';
  import { deriveFacts } from './domain/registration/facts.ts';
  import { eventId } from './domain/registration/ids.ts';
  const checked = checkIntrospection(message);
  result = JSON.stringify([
    checked.ok && deriveFacts(checked.value).facts_hash,
    eventId({ workflow_id: 'w', epoch: 1, version: 1, cause: null, to_state: 'active' }),
  ]);
`;

describe('the workflow sandbox', () => {
  it('runs checks, hashes and ids', async () => {
    const { outputFiles } = await build({
      stdin: { contents: entry, resolveDir: process.cwd() },
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'neutral',
      mainFields: ['main'],
    });
    const message = {
      correlation_id: '0a1b2c3d-0000-4000-8000-000000000001',
      node_id: '0a1b2c3d-0000-4000-8000-000000000002',
      node_type: 'effect',
      timestamp: '2026-01-02T03:04:05Z',
      endpoints: { control: 'https://node.example:8443' },
      metadata: { region: 'eu' },
    };
    const realm = vm.createContext({ URL, TextEncoder, message, result: null });
    vm.runInContext(outputFiles[0]?.text ?? '', realm);
    expect(JSON.parse(String(realm['result']))).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    ]);
  });
});
