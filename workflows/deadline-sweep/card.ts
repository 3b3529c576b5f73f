/** What the details card of the sweep shows in the Web UI: the last report, and the last failure until a sweep succeeds. */
import type { SweepReport } from '../../contracts/node/sweep.ts';

export interface SweepProgress {
  /** Sweeps done, those of earlier runs included. */
  readonly sweeps: number;
  /** Null before the first. */
  readonly report: SweepReport | null;
  /** Of the newest attempt; null when it succeeded. */
  readonly failure: string | null;
}

export function renderSweepCard({ sweeps, report, failure }: SweepProgress): string {
  const head = `**deadline sweep**, ${sweeps} done`;
  const lines =
    report === null ? [head] : [`${head}, every ${report.interval_ms / 1000} s`, '', ...reportLines(report)];
  return [...lines, ...(failure === null ? [] : ['', `**Last attempt failed**: \`${inline(failure)}\``])].join('\n');
}

function reportLines(report: SweepReport): string[] {
  const pokes = Object.entries(report.poked).filter(([, count]) => count > 0);
  return [
    `- monitored ${report.monitored}, overdue ${report.overdue}`,
    `- deadlines renewed ${report.renewed}`,
    `- poked ${pokes.length === 0 ? 'nobody' : pokes.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `- mass event: ${report.incident}`,
    `- took ${report.duration_ms} ms`,
  ];
}

/** Temporal renders the card as Markdown. */
function inline(text: string): string {
  return text.replaceAll('`', "'").replaceAll(/\s+/g, ' ').slice(0, 300);
}
