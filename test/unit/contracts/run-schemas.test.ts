/** Shapes of the run API that no checker repeats (runs.md 8, 9, 18). */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { commandSugarSchemas } from '../../../contracts/run/command.ts';
import { compactHeartbeatSchema, heartbeatBatchSchema } from '../../../contracts/run/heartbeat.ts';
import {
  heartbeatBatchQuerySchema,
  nextCommandSchema,
  runEventQuerySchema,
  runListSchema,
} from '../../../contracts/run/query.ts';
import {
  createArtifactSchema,
  createExperimentSchema,
  createRunSchema,
  createVersionSchema,
} from '../../../contracts/run/requests.ts';
import { jsonDocument, runIdSchema } from '../../../contracts/run/values.ts';

const run = { experiment_id: 'exp-walk', version_id: 'exp-walk-3' };
const experiment = { slug: 'walk', display_name: 'Walk', config: {} };

const cases: readonly (readonly [string, z.ZodType, unknown, boolean])[] = [
  ['a run id', runIdSchema, 'nightly-42', true],
  ['an empty run id', runIdSchema, '', false],
  ['128 characters', runIdSchema, 'x'.repeat(128), true],
  ['129 characters', runIdSchema, 'x'.repeat(129), false],
  ['a slash', runIdSchema, 'a/b', false],
  ['a line break at the end', runIdSchema, 'a\n', false],
  ['a run', createRunSchema, run, true],
  ['a run without experiment', createRunSchema, { version_id: 'v' }, false],
  ['an unknown key', createRunSchema, { ...run, expriment: 'x' }, false],
  ['priority 100', createRunSchema, { ...run, priority: -100 }, true],
  ['priority 101', createRunSchema, { ...run, priority: 101 }, false],
  ['overrides that are a list', createRunSchema, { ...run, overrides: [] }, false],
  ['a policy', createRunSchema, { ...run, policy: { cadence_s: 30, stale_after_s: 90 } }, true],
  ['a policy out of bounds', createRunSchema, { ...run, policy: { cadence_s: 4 } }, false],
  ['a manifest with U+0000', createRunSchema, { ...run, launch_manifest: { a: 'x\u0000' } }, false],
  ['a manifest with an escaped backslash', createRunSchema, { ...run, launch_manifest: { a: 'x\\u0000' } }, true],
  ['a document too large', jsonDocument(10), { a: '0123456789' }, false],
  ['an artifact', createArtifactSchema, { kind: 'trajectory', uri: 's3://x/y', step: 5 }, true],
  ['an artifact of no kind', createArtifactSchema, { kind: 'model', uri: 's3://x/y' }, false],
  [
    'an experiment',
    createExperimentSchema,
    { ...experiment, allowed_overrides: ['trainer.*', { path: 'lr', max: 1 }] },
    true,
  ],
  ['both lists', createExperimentSchema, { ...experiment, allowed_overrides: [], overrides_whitelist: [] }, false],
  ['a path with a star inside', createExperimentSchema, { ...experiment, overrides_whitelist: ['a.*.b'] }, false],
  ['a slug with spaces', createExperimentSchema, { ...experiment, slug: 'a b' }, false],
  ['a version', createVersionSchema, { config: {}, change_note: 'x' }, true],
  ['a list query', runListSchema, { state: 'pending', health: 'unresponsive', page_size: '200' }, true],
  ['an unknown state', runListSchema, { state: 'gone' }, false],
  ['an unknown filter', runListSchema, { stat: 'running' }, false],
  ['a page too large', runListSchema, { page_size: '201' }, false],
  ['no page', runListSchema, { page_size: '0' }, false],
  ['wait 25', nextCommandSchema, { wait: '25', attempt: '1' }, true],
  ['wait 26', nextCommandSchema, { wait: '26' }, false],
  ['wait -1', nextCommandSchema, { wait: '-1' }, false],
  ['wait_edges 6', heartbeatBatchQuerySchema, { wait_edges: '6' }, false],
  ['events', runEventQuerySchema, { types: 'run.created,command.queued', progress: 'true' }, true],
  ['a batch', heartbeatBatchSchema, [1, null], true],
  ['a batch too long', heartbeatBatchSchema, Array.from({ length: 5_001 }, () => 1), false],
  ['a compact beat', compactHeartbeatSchema, { step: 1, policy_loss: 1, value_loss: 2, checkpoint_step: 0 }, true],
  ['sugar with a type', commandSugarSchemas.pause, { type: 'pause' }, false],
  ['sugar', commandSugarSchemas.pause, {}, true],
  ['sugar without payload', commandSugarSchemas.terminate, {}, false],
];

describe('a schema', () => {
  it.each(cases)('of %s', (_name, schema, value, ok) => {
    expect(schema.safeParse(value).success).toBe(ok);
  });

  it('fills in what was left out', () => {
    expect(createRunSchema.parse(run)).toEqual({ ...run, launch_manifest: {}, overrides: {}, priority: 0, policy: {} });
    expect(createArtifactSchema.parse({ kind: 'trajectory', uri: 'x' })).toMatchObject({ kind: 'replay', step: null });
    expect(createExperimentSchema.parse({ ...experiment, allowed_overrides: ['a'] })).toMatchObject({
      overrides_whitelist: ['a'],
    });
    expect(createExperimentSchema.parse(experiment).overrides_whitelist).toEqual([]);
    expect(runListSchema.parse({})).toEqual({ page_size: 50 });
    expect(nextCommandSchema.parse({})).toEqual({ wait: 0 });
  });
});
