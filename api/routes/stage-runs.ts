/**
 * Routes of stage runs (stages.md 6.1). Starting a run answers its events as NDJSON, one `StageEvent` per
 * line, flushed; `run.finished` is the last line. Documents that carry their own `schema_version` (report,
 * plan) are answered as they are.
 */
import type { z } from 'zod';
import { stageRunRequestSchema } from '../../contracts/stage.ts';
import type { StageRunsApi } from '../../contracts/gateway.ts';
import type { Principal } from '../../contracts/registry.ts';
import { stageRunLimit } from '../routing/limits.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import * as answers from '../schemas/answers.ts';
import * as requests from '../schemas/requests.ts';
import { withoutUndefined } from './present.ts';

export interface StageRunRouteDeps {
  readonly stageRuns: StageRunsApi;
  /** The user of the unix socket, by identity. */
  readonly localPrincipal: Principal;
  /** Instance whose sequence numbers these streams carry. */
  readonly instanceId: string;
}

const base = '/api/v1/stage-runs';
const one = `${base}/:id`;
const events = {
  description: 'One event per line; an empty line is a keep-alive; ends after `run.finished`, or with `stream.error`',
  type: 'application/x-ndjson',
  schema: answers.stageEventSchema,
};

export function stageRunRoutes({ stageRuns, localPrincipal, instanceId }: StageRunRouteDeps): readonly Route[] {
  const position = ({ after_seq, instance = instanceId }: z.output<typeof requests.streamParameters>) =>
    instance === instanceId ? { after_seq } : {};
  return [
    defineRoute({
      method: 'POST',
      path: base,
      operation: 'stage_runs.run',
      summary: 'Start a run (idempotent by run_id) and follow it',
      access: 'stage.run',
      bodyLimit: stageRunLimit,
      input: { query: requests.streamParameters, body: stageRunRequestSchema },
      responses: { 200: events },
      handle: ({ query, body }, call) => ({
        events: stageRuns.run(
          body,
          withoutUndefined({ ...position(query), signal: call.signal, principal: call.principal.id }),
        ),
      }),
    }),
    defineRoute({
      method: 'POST',
      path: `${base}/plan`,
      operation: 'stage_runs.plan',
      summary: 'Plan without running anything',
      access: 'stage.run',
      bodyLimit: stageRunLimit,
      input: { body: stageRunRequestSchema },
      responses: { 200: { description: 'The plan', schema: answers.stagePlanSchema } },
      handle: async ({ body }, call) => ({
        status: 200,
        body: await stageRuns.plan(body, withoutUndefined({ signal: call.signal })),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: base,
      operation: 'stage_runs.list',
      summary: 'Runs, newest first',
      access: 'stage.run',
      input: { query: requests.runListParameters },
      responses: {
        200: { description: 'One row per run', schema: answers.envelope(answers.stageRunSummarySchema.array()) },
      },
      handle: async ({ query }) => ({
        status: 200,
        body: { schema_version: 1, data: await stageRuns.list(withoutUndefined(query)) },
      }),
    }),
    defineRoute({
      method: 'GET',
      path: one,
      operation: 'stage_runs.show',
      summary: 'The report of a run',
      access: 'stage.run',
      input: { params: requests.runParams },
      responses: { 200: { description: 'The report', schema: answers.runReportSchema } },
      handle: async ({ params }) => ({ status: 200, body: await stageRuns.show(params.id) }),
    }),
    defineRoute({
      method: 'GET',
      path: `${one}/events`,
      operation: 'stage_runs.attach',
      summary: 'Follow a run that was started before; past events come first',
      access: 'stage.run',
      input: { params: requests.runParams, query: requests.attachParameters },
      responses: { 200: events },
      handle: ({ params, query }, call) => ({
        events: stageRuns.attach(
          params.id,
          withoutUndefined({ ...position(query), owner: query.owner, signal: call.signal }),
        ),
      }),
    }),
    defineRoute({
      method: 'POST',
      path: `${one}/cancel`,
      operation: 'stage_runs.cancel',
      summary: 'Ask a run to stop; the same command_id gives the same answer',
      access: 'stage.run',
      input: { params: requests.runParams, body: requests.cancelBody },
      responses: { 200: { description: 'State of the run', schema: answers.envelope(answers.runStateSchema) } },
      async handle({ params, body }, call) {
        // Who acts is told by the connection; only the local user may name somebody else.
        const actor = call.principal === localPrincipal ? (body.actor ?? call.principal.id) : call.principal.id;
        return {
          status: 200,
          body: { schema_version: 1, data: await stageRuns.cancel(params.id, { ...body, actor }) },
        };
      },
    }),
  ];
}
