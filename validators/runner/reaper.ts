/**
 * The reaper: a small process beside the host worker that ends the worker's children when the worker dies, SIGKILL
 * included (stages.md 6.7). It reads lines `+ <group> <token>` and `- <group> <token>` from standard input; when that
 * pipe closes, every group still on the list goes through the stop sequence, and the reaper exits.
 */
import { createInterface } from 'node:readline';
import { type ProcessGroup, stopGroup } from './processes/stop.ts';

// The worker decides when this process ends: by closing the pipe, nothing else.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const live = new Map<string, ProcessGroup>();

for await (const line of createInterface({ input: process.stdin })) {
  const [sign, group, token] = line.split(' ');
  if (group === undefined || token === undefined) continue;
  if (sign === '+') live.set(token, { group: Number(group), token });
  else live.delete(token);
}

await Promise.all([...live.values()].map((target) => stopGroup(target)));
