/** Recorded histories of the deadline sweep replay against today's code: a running sweep survives an upgrade. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { expect, it } from 'vitest';
import { workflowBundle } from '../../workers/build-bundle.ts';
import '../workflow/support/quiet-runtime.ts';

const folder = join(import.meta.dirname, 'sweep');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

async function replay(text: string): Promise<void> {
  const history: unknown = JSON.parse(text);
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history);
}

it.each(['failed-and-continued.json', 'later-run.json'])('%s replays', async (name) => {
  expect(readdirSync(folder)).toContain(name);
  await replay(read(name));
});

it('what does not fit the code is refused', async () => {
  const other = read('failed-and-continued.json').replaceAll('"sweepDeadlines"', '"sweepOther"');
  await expect(replay(other)).rejects.toThrow(DeterminismViolationError);
});
