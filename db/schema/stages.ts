/**
 * Tables of stage runs (stages.md 6.2, 11): the projection of each run, its transitions, its plan, the results of its
 * components and its report.
 *
 * Documents are `json`, not `jsonb`: they are written and read whole, a report keeps the key order it was built with,
 * and a message that quotes a NUL or half a surrogate pair is legal in `json` and refused by `jsonb`.
 *
 * Nothing refers to `stage_runs` by foreign key: projections run beside planning and steps (stages.md 6.8), so a plan
 * or a result may arrive before the row of its run. `purgeRuns` removes all of them together.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import type { ComponentStepResult, RunReport, RunState, Stage, StagePlan, Status } from '../../contracts/stage.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** One row per run: what `orch ls` shows. Only the workflow's projection writes it, by (epoch, version). */
export const stageRuns = pgTable(
  'stage_runs',
  {
    runId: uuid('run_id').primaryKey(),
    stage: text('stage').$type<Stage>().notNull(),
    workflowId: text('workflow_id').notNull(),
    epoch: integer('epoch').notNull(),
    version: integer('version').notNull(),
    state: text('state').$type<RunState>().notNull(),
    verdict: text('verdict').$type<Status>(),
    exitCode: smallint('exit_code'),
    correlationId: text('correlation_id').notNull(),
    hostId: text('host_id').notNull(),
    principal: text('principal').notNull(),
    repoId: text('repo_id').notNull(),
    repo: text('repo').notNull(),
    branch: text('branch'),
    /** Time at which the gateway received the request, by its clock: shown, never compared. */
    startedAt: instant('started_at').notNull(),
    completedAt: instant('completed_at'),
    executionTimeMs: bigint('execution_time_ms', { mode: 'number' }),
    /** From here on by the database's clock: order, retention and sweep use these. */
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    deadlineAt: instant('deadline_at').notNull(),
  },
  (table) => [
    // `orch show 0199c7` is a range over the primary key; these serve the rest:
    // `orch ls` and `orch show last`: newest first, read backwards.
    index('stage_runs_created_at_idx').on(table.createdAt, table.runId),
    // `orch ls --repo --stage`, and the retention rule "the last 200 per repository and stage stay".
    index('stage_runs_repo_stage_created_at_idx').on(table.repoId, table.stage, table.createdAt),
    // `orch ls --stage`.
    index('stage_runs_stage_created_at_idx').on(table.stage, table.createdAt),
    // Deadline sweep: unfinished runs past their deadline; the index holds unfinished runs only.
    index('stage_runs_unfinished_deadline_idx')
      .on(table.deadlineAt)
      .where(sql`state in ('planning', 'running', 'cancelling')`),
    check('stage_runs_stage_check', sql`stage in ('pre-commit', 'ci', 'test', 'exec')`),
    check(
      'stage_runs_state_check',
      sql`state in ('planning', 'running', 'cancelling', 'completed', 'cancelled', 'timed_out', 'errored')`,
    ),
    check('stage_runs_verdict_check', sql`verdict in ('pass', 'fail', 'warn', 'skip', 'error')`),
  ],
);

/** One row per applied change of state, in the transaction of the change. */
export const stageTransitions = pgTable(
  'stage_transitions',
  {
    runId: uuid('run_id').notNull(),
    epoch: integer('epoch').notNull(),
    version: integer('version').notNull(),
    /** Null for the first row of a run. */
    fromState: text('from_state').$type<RunState>(),
    toState: text('to_state').$type<RunState>().notNull(),
    reason: text('reason'),
    at: instant('at').notNull().defaultNow(),
  },
  // Serves "history of one run, in order" and refuses a second row for one change.
  (table) => [primaryKey({ columns: [table.runId, table.epoch, table.version] })],
);

/** The immutable plan of a run: the first one stored stays. */
export const stagePlans = pgTable('stage_plans', {
  runId: uuid('run_id').primaryKey(),
  planHash: text('plan_hash').notNull(),
  plan: json('plan').$type<StagePlan>().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** Result of one component in one step: inserted once, before the step returns (stages.md 6.6). */
export const stageResults = pgTable(
  'stage_results',
  {
    runId: uuid('run_id').notNull(),
    stepId: text('step_id').notNull(),
    componentUuid: uuid('component_uuid').notNull(),
    status: text('status').$type<Status>().notNull(),
    result: json('result').$type<ComponentStepResult>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  // Serves insert once, `missingComponents` (run and step) and `loadResults` (run).
  (table) => [
    primaryKey({ columns: [table.runId, table.stepId, table.componentUuid] }),
    check('stage_results_status_check', sql`status in ('pass', 'fail', 'warn', 'skip', 'error')`),
  ],
);

/** The report, stored with the terminal state in one transaction. */
export const stageReports = pgTable('stage_reports', {
  runId: uuid('run_id').primaryKey(),
  report: json('report').$type<RunReport>().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});
