/** Workflows of the engine benchmark: three activities, three local ones, and one that answers messages. */
import * as wf from '@temporalio/workflow';
import type * as activities from './activities.ts';

const normal = wf.proxyActivities<typeof activities>({ startToCloseTimeout: '10 s' });
const local = wf.proxyLocalActivities<typeof activities>({ startToCloseTimeout: '10 s' });

export async function threeActivities(): Promise<void> {
  for (let step = 0; step < 3; step += 1) await normal.nothing();
}

export async function threeLocalActivities(): Promise<void> {
  for (let step = 0; step < 3; step += 1) await local.nothing();
}

export const poke = wf.defineSignal('poke');
export const bump = wf.defineUpdate<number>('bump');
export const count = wf.defineQuery<number>('count');
export const finish = wf.defineSignal('finish');

export async function counter(): Promise<void> {
  let value = 0;
  let done = false;
  wf.setHandler(poke, () => void (value += 1));
  wf.setHandler(bump, () => (value += 1));
  wf.setHandler(count, () => value);
  wf.setHandler(finish, () => void (done = true));
  await wf.condition(() => done);
}
