/** `omnibase orch ls`: the newest stage runs. */
import type { RunState, Stage, Status } from '../../../contracts/stage.ts';
import { choice, integer, text } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { withStageRuns } from '../../control/stage-control.ts';
import { shownDuration } from '../../output/duration.ts';
import { shortRunId } from '../../output/run-report.ts';
import { renderTable } from '../../output/table.ts';
import { dataFormat, print } from '../../output-format.ts';

// Written out: the module that holds them as values also loads the schema library.
const stages = ['pre-commit', 'ci', 'test', 'exec'] as const satisfies readonly Stage[];
const runStates = [
  'planning',
  'running',
  'cancelling',
  'completed',
  'cancelled',
  'timed_out',
  'errored',
] as const satisfies readonly RunState[];
const statuses = ['pass', 'fail', 'warn', 'skip', 'error'] as const satisfies readonly Status[];

export const command = defineCommand({
  summary: 'list stage runs',
  usageCode: 'OR001',
  examples: [
    { line: 'omnibase orch ls', about: 'the newest 20' },
    { line: 'omnibase orch ls --stage ci --verdict fail', about: 'failed ones of one stage' },
  ],
  options: {
    stage: choice('--stage <stage>', 'of this stage', stages),
    state: choice('--state <state>', 'in this state', runStates),
    verdict: choice('--verdict <verdict>', 'with this verdict', statuses),
    repo: text('--repo <id>', 'of this repository id'),
    limit: integer('--limit <n>', 'at most so many, 20 unless told', 1, 1000),
  },
  run: (context, _operands, options) =>
    withStageRuns(context, async (stageRuns) => {
      const runs = await stageRuns.list({
        ...(options.stage === undefined ? {} : { stage: options.stage }),
        ...(options.state === undefined ? {} : { state: options.state }),
        ...(options.verdict === undefined ? {} : { verdict: options.verdict }),
        ...(options.repo === undefined ? {} : { repo_id: options.repo }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      });
      const format = dataFormat(context);
      const document = format === 'jsonl' ? runs : { schema_version: 1, data: runs };
      const width = context.io.stdout.isTerminal ? context.io.stdout.columns : Number.POSITIVE_INFINITY;
      await print(context, format, document, () =>
        runs.length === 0
          ? ''
          : renderTable(
              runs,
              [
                { title: 'run', value: ({ run_id }) => shortRunId(run_id) },
                { title: 'stage', value: ({ stage }) => stage },
                { title: 'state', value: ({ state }) => state },
                { title: 'verdict', value: ({ verdict }) => verdict ?? '-' },
                {
                  title: 'exit',
                  align: 'right',
                  value: ({ exit_code }) => (exit_code === null ? '-' : String(exit_code)),
                },
                {
                  title: 'time',
                  align: 'right',
                  value: ({ execution_time_ms }) =>
                    execution_time_ms === null ? '-' : shownDuration(execution_time_ms),
                },
                { title: 'started', value: ({ started_at }) => started_at },
                { title: 'repository', max: 32, value: ({ repo }) => repo },
                { title: 'branch', max: 32, value: ({ branch }) => branch ?? '-' },
              ],
              width,
            ),
      );
      if (runs.length === 0) context.note('no runs match');
      return 0;
    }),
});
