/**
 * Recorded histories replay against today's workflow code: a change that would break a running workflow fails here.
 * And what replay itself needs: exactly one copy of protobufjs, because with two, histories from JSON cannot be read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, it } from 'vitest';
import { workflowBundle } from '../../workers/build-bundle.ts';
import { silentSinks } from '../workflow/registration/support/node-worker.ts';
import { notablePaths } from './notable-paths.ts';
import { registrationPaths } from './registration-paths.ts';
import '../workflow/support/quiet-runtime.ts';

const folder = join(import.meta.dirname, 'histories');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

async function replay(text: string): Promise<void> {
  const history: unknown = JSON.parse(text);
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle(), sinks: silentSinks }, history);
}

describe('recorded histories', () => {
  it('are there for every notable path', () => {
    expect(files.toSorted()).toEqual(
      [
        ...Object.keys(notablePaths).map((name) => `stage-run.${name}.json`),
        ...Object.keys(registrationPaths).map((name) => `registration.${name}.json`),
      ].toSorted(),
    );
  });

  it.each(files)('%s replays', async (file) => {
    await replay(readFileSync(join(folder, file), 'utf8'));
  });

  it('that do not fit the code are refused', async () => {
    const text = readFileSync(join(folder, 'stage-run.pass-commands.json'), 'utf8');
    await expect(replay(text.replaceAll('"executeStep"', '"executeSteps"'))).rejects.toThrow(DeterminismViolationError);
    const node = readFileSync(join(folder, 'registration.expired.json'), 'utf8');
    const without = JSON.parse(node) as { events: { eventType: string }[] };
    const timer = without.events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_TIMER_STARTED');
    expect(timer).toBeGreaterThan(0);
    const renamed = node.replace('EVENT_TYPE_TIMER_STARTED', 'EVENT_TYPE_MARKER_RECORDED');
    await expect(replay(renamed)).rejects.toThrow();
  });
});

describe('protobufjs', () => {
  it('is there once, in its version 8', () => {
    const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string }>;
    };
    const copies = Object.entries(packages).filter(([path]) => path.endsWith('node_modules/protobufjs'));
    // `@grpc/proto-loader` brings an old one of its own, which reads no history.
    const current = copies.filter(([, { version }]) => version?.startsWith('8.') === true);
    expect(current.map(([path]) => path)).toEqual(['node_modules/protobufjs']);
    expect(copies.filter(([path]) => path.includes('@temporalio'))).toEqual([]);
  });
});
