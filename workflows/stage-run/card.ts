/**
 * The details card of a run in the Web UI (stages.md 6.8): state, counts, running steps, first errors, resolved set and
 * how to attach. Temporal renders it as Markdown, so text from outside is put into code spans.
 */
import type { StageRunState } from './run-state.ts';

const maxResolved = 60;

export function renderCard(run: StageRunState): string {
  const { input, plan } = run;
  const view = run.progress();
  const counts = Object.entries(view.counts).map(([status, count]) => `${status} ${count}`);
  const lines = [
    `**${input.stage}** on ${code(input.repo)}: **${view.state}**${run.verdict === null ? '' : `, verdict **${run.verdict}**`}`,
    '',
    plan === null
      ? 'planning'
      : `${plan.files} files, ${plan.components} components, ${plan.steps.length} steps, ${view.percent} %`,
    '',
    counts.join(' · '),
    ...section(
      'Running',
      view.running.map((step) => `${code(step.id)} since ${step.started_at}`),
    ),
    ...section('First errors', run.headlines.map(code)),
    ...section(
      'Failed steps',
      Object.entries(run.failedSteps)
        .slice(0, 5)
        .map(([id, error]) => `${code(id)} ${error.code} ${code(error.message)}`),
    ),
    ...section('Resolved', plan === null ? [] : resolved(plan.resolved)),
    '',
    `Attach: \`omnibase orch attach ${input.run_id}\``,
  ];
  return lines.join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `**${title}**`, '', ...lines.map((line) => `- ${line}`)];
}

function resolved(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > maxResolved ? `, +${names.length - maxResolved}` : '';
  return [names.slice(0, maxResolved).map(code).join(', ') + more];
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}
