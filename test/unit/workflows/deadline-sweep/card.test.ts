/** What the Web UI shows of the deadline sweep. */
import { expect, it } from 'vitest';
import type { SweepReport } from '../../../../contracts/node/sweep.ts';
import { renderSweepCard } from '../../../../workflows/deadline-sweep/card.ts';

const report: SweepReport = {
  interval_ms: 5_000,
  monitored: 40,
  overdue: 2,
  renewed: 3,
  poked: { liveness: 2, ack: 0, receipt: 0, edge: 1, stuck: 0 },
  incident: 'open',
  duration_ms: 12,
};

it.each([
  ['before the first sweep', { sweeps: 0, report: null, failure: null }, ['**deadline sweep**, 0 done']],
  [
    'with what the last one did',
    { sweeps: 7, report, failure: null },
    ['7 done, every 5 s', 'monitored 40, overdue 2', 'poked liveness 2, edge 1', 'mass event: open', 'took 12 ms'],
  ],
  [
    'when nobody was poked',
    { sweeps: 8, report: { ...report, poked: { liveness: 0, ack: 0, receipt: 0, edge: 0, stuck: 0 } }, failure: null },
    ['poked nobody'],
  ],
  [
    'after a failure, as one line',
    { sweeps: 9, report, failure: 'no `db`\nat all' },
    ["**Last attempt failed**: `no 'db' at all`", 'monitored 40'],
  ],
])('the card %s', (_name, progress, expected) => {
  const card = renderSweepCard(progress);
  for (const part of expected) expect(card).toContain(part);
});
