/** Prints a report in the chosen format and writes the further documents of `--report`. */
import { rename, writeFile } from 'node:fs/promises';
import type { Finding, RunReport, StageEvent } from '../../contracts/stage.ts';
import type { OutputFormat } from '../arguments/global-options.ts';
import type { CommandContext } from '../command.ts';
import { defaultColumns } from '../io.ts';
import { renderRunReport } from '../output/run-report.ts';
import { renderDocument } from '../output-format.ts';
import type { ReportTarget } from './request.ts';

/**
 * Format of stdout (stages.md 12): what was asked for, else human for a hook, on a terminal and in the log
 * of a GitHub action, else JSON.
 */
export function reportFormat(context: CommandContext, hook: boolean): OutputFormat {
  const { askedFormat, io } = context;
  if (askedFormat !== null) return askedFormat;
  return hook || io.env['GITHUB_ACTIONS'] === 'true' || io.stdout.isTerminal ? 'human' : 'json';
}

/** The report as text of one format. */
export async function renderReport(
  report: RunReport,
  format: OutputFormat,
  style: { readonly columns: number; readonly colour: boolean },
): Promise<string> {
  if (format === 'human') return renderRunReport(report, style);
  if (format === 'jsonl') return closingLines(report, 0, report.completed_at ?? report.started_at).join('');
  return renderDocument(report, format);
}

/** Writes each document beside its place and moves it there, so that nobody reads half of one. */
export async function writeReports(report: RunReport, targets: readonly ReportTarget[]): Promise<void> {
  await Promise.all(
    targets.map(async ({ format, path }) => {
      const temporary = `${path}.${process.pid}.tmp`;
      await writeFile(temporary, await renderReport(report, format, { columns: defaultColumns, colour: false }));
      await rename(temporary, path);
    }),
  );
}

/** Turns events into JSON lines with sequence numbers of their own; the last event becomes several lines. */
export function createLineWriter(): (event: StageEvent) => readonly string[] {
  let seq = 0;
  return (event) => {
    const { at, run_id } = event;
    switch (event.type) {
      case 'run.started':
        return [line('run.started', (seq += 1), at, run_id, { workflow_id: event.workflow_id })];
      case 'step.started':
        return [line('step.started', (seq += 1), at, run_id, { step_id: event.step_id, summary: event.summary })];
      case 'step.finished':
        return [
          line('step.finished', (seq += 1), at, run_id, {
            step_id: event.step_id,
            duration_ms: event.duration_ms,
            statuses: event.statuses,
          }),
        ];
      case 'message':
        return [line('message', (seq += 1), at, run_id, { message: event.message })];
      case 'run.finished': {
        const lines = closingLines(event.report, seq, at);
        seq += lines.length;
        return lines;
      }
      // Plan sizes and output lines of steps are progress, not part of the format.
      case 'run.planned':
      case 'step.progress':
        return [];
    }
  };
}

/** One line per finding, then the report without them. */
function closingLines(report: RunReport, seq: number, at: string): string[] {
  const findings = report.results.flatMap(({ component, findings }) =>
    findings.map((finding) => ({
      component: { uuid: component.uuid, name: component.name, version: component.version },
      finding,
    })),
  );
  const lines = findings.map(({ component, finding }, index) =>
    line('finding', seq + index + 1, at, report.run_id, { component, finding }),
  );
  const without = {
    ...report,
    results: report.results.map((result) => ({ ...result, findings: [] as readonly Finding[] })),
  };
  return [...lines, line('run.finished', seq + lines.length + 1, at, report.run_id, { report: without })];
}

function line(type: string, seq: number, at: string, runId: string, rest: object): string {
  return `${JSON.stringify({ type, seq, at, run_id: runId, ...rest })}\n`;
}
