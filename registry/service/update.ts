/** Update: a merge patch on the stored document, under the row's lock (registry.md 5.3). */
import type { ComponentMetadata, ComponentRecord } from '../../contracts/component.ts';
import type { Issue } from '../../contracts/error.ts';
import type { Answer, CallContext, UpdateOptions } from '../../contracts/registry.ts';
import type { Database } from '../../db/client.ts';
import { findByUuid } from '../../db/stores/components/find-by-uuid.ts';
import { type EdgeRow, edgeRows } from '../../db/stores/components/rows.ts';
import {
  type WriteDecision,
  type WriteOutcome,
  type WriteView,
  writeComponent,
} from '../../db/stores/components/write-component.ts';
import { type PlannedUpdate, planUpdate } from '../../domain/component/update.ts';
import { createMergePatch } from '../../domain/json/merge-patch.ts';
import { isJsonObject, jsonEqual } from '../../domain/json/values.ts';
import { resourceOf } from '../../domain/search/evaluate.ts';
import { versionKey } from '../../domain/versions/version-key.ts';
import { fingerprintOf, hashOf } from '../hashes.ts';
import { authorise, isAdmin } from './authorise.ts';
import type { CallFacts } from './call.ts';
import { notFound, type Wanted, wantedOf } from './choose.ts';
import { findInDatabase } from './find.ts';
import { checkKey, checkText } from './free-text.ts';
import { fromAuthority } from './freshness.ts';
import { propagate } from './propagate.ts';
import { checkReplacement } from './replacement.ts';
import { isReplay } from './requests.ts';
import { checkRevision } from './revision-check.ts';
import type { Runtime } from './runtime.ts';
import { unansweredDependencies } from './unanswered.ts';
import { withAuthority } from './write-access.ts';

interface Updated {
  readonly record: ComponentRecord;
  readonly warnings: readonly Issue[];
}

interface Change {
  readonly runtime: Runtime;
  readonly ref: string;
  readonly uuid: string;
  readonly patch: unknown;
  readonly options: UpdateOptions;
  readonly context: CallContext;
  readonly facts: CallFacts;
}

/** Fields that states edges: a patch of them is planned before the locks, because the locks depend on its targets. */
const edgeFields = ['dependencies', 'parent_id', 'produced_by'];

/**
 * @throws RG001, RG013, RG008 for the reference; RG011 stale revision; RG012; LC003; MetadataValidationError codes;
 * RG006; RG020; SX001; RG015 while the database is away
 */
export async function update(
  runtime: Runtime,
  ref: string,
  patch: unknown,
  options: UpdateOptions,
  context: CallContext,
  facts: CallFacts,
): Promise<Answer<ComponentRecord>> {
  facts.dry_run = options.dry_run === true;
  authorise(runtime, context, 'registry.write');
  checkKey(options.idempotency_key);
  checkText('reason', options.reason);
  const wanted = wantedOf(ref, {});
  const { answer } = await withAuthority(runtime, 'update', async (database) => {
    const uuid = await uuidOf(database, wanted);
    facts.component_id = uuid;
    const outcome = await write(database, { runtime, ref, uuid, patch, options, context, facts });
    if (outcome.written !== null) await propagate(runtime, database, { kind: 'record', record: outcome.written });
    return outcome;
  });
  facts.revision = answer.record.registry.revision;
  return { data: answer.record, freshness: fromAuthority(), warnings: answer.warnings };
}

/** A uuid needs no look: the write reads the row anyway. */
async function uuidOf(database: Database, wanted: Wanted): Promise<string> {
  const { reference, spec } = wanted;
  if (reference.kind === 'uuid' && spec === null) return reference.uuid;
  return (await findInDatabase(database, wanted)).record.metadata.uuid;
}

/** Another writer changed the edges between planning and locking: once more with what is stored now. */
const edgesMoved = Symbol('edges moved');

async function write(database: Database, change: Change): Promise<WriteOutcome<Updated>> {
  for (;;) {
    const edges = touchesEdges(change.patch) ? await plannedEdges(database, change) : null;
    try {
      return await writeOnce(database, change, edges);
    } catch (error) {
      if (error !== edgesMoved) throw error;
    }
  }
}

function touchesEdges(patch: unknown): boolean {
  return isJsonObject(patch) && edgeFields.some((field) => Object.hasOwn(patch, field));
}

interface PlannedEdges {
  readonly metadata: ComponentMetadata;
  readonly rows: readonly EdgeRow[];
}

async function plannedEdges(database: Database, change: Change): Promise<PlannedEdges> {
  const record = await findByUuid(database, change.uuid);
  if (record === null) throw notFound(change.ref, []);
  const { metadata } = plan(record, change);
  return { metadata, rows: edgeRows(metadata) };
}

async function writeOnce(
  database: Database,
  change: Change,
  planned: PlannedEdges | null,
): Promise<WriteOutcome<Updated>> {
  const { uuid, options, context } = change;
  const { idempotency_key: key, dry_run } = options;
  return writeComponent(
    database,
    {
      uuid,
      coordinates: planned === null ? null : { ...planned.metadata, version_key: versionKey(planned.metadata.version) },
      edges: planned?.rows ?? null,
      removal: false,
      request: key === undefined || dry_run === true ? null : { key, principal: context.principal.id },
      dryRun: dry_run === true,
    },
    (view) => decide(view, change, planned),
  );
}

async function decide(view: WriteView, change: Change, planned: PlannedEdges | null): Promise<WriteDecision<Updated>> {
  const { ref, patch, options, context, facts } = change;
  const { if_revision, force, reason } = options;
  const request_hash = hashOf({ operation: 'update', ref, patch: patch ?? null, if_revision, force, reason });
  const keep = (response: Updated) => ({ request_hash, response });
  if (isReplay(view.kept, request_hash)) {
    const updated = view.kept.response as Updated;
    return { command: null, answer: () => updated, keep };
  }
  if (view.own === null) throw notFound(ref, []);
  const { record, raw } = view.own;
  facts.resource = resourceOf(record.metadata);
  authorise(change.runtime, context, 'registry.write', facts.resource);
  await checkRevision(view, record, if_revision, patch);
  const { metadata, changed, transition, forced, warnings } = plan(record, change);
  if (planned !== null && !jsonEqual(edgeRows(metadata), planned.rows)) throw edgesMoved;
  if (changed.length === 0) return { command: null, answer: () => ({ record, warnings }), keep };
  if (transition !== 'unchanged' || changed.includes('deprecated_by')) await checkReplacement(view, metadata);
  const strict = change.runtime.validation.strict ?? false;
  const unanswered = unansweredDependencies(metadata, view.unanswered, strict);
  return {
    command: {
      kind: 'update',
      component: {
        metadata,
        raw,
        fingerprint: fingerprintOf(metadata),
        revision: record.registry.revision + 1,
        wip: record.registry.wip,
        source: record.registry.source,
      },
      trail: {
        op: transition === 'unchanged' ? 'updated' : 'transitioned',
        patch: createMergePatch(record.metadata, metadata),
        paths: changed,
        action: 'registry.update',
        principal: context.principal.id,
        reason: reason ?? null,
        correlation_id: context.correlation_id,
        details: { forced, override: transition === 'override' },
      },
    },
    answer: (written) => ({ record: written ?? record, warnings: [...warnings, ...unanswered] }),
    keep,
  };
}

/** Every rule of an update, and that a signature does not outlive what it signed. */
function plan({ metadata: current, registry }: ComponentRecord, change: Change): PlannedUpdate {
  const { runtime, patch, options, context } = change;
  const rules = {
    ...runtime.validation,
    force: options.force,
    admin: isAdmin(context, resourceOf(current)),
    reason: options.reason,
  };
  const planned = planUpdate(current, patch, rules);
  const signed = planned.metadata.signature_block !== undefined && !(isJsonObject(patch) && 'signature_block' in patch);
  if (!signed || fingerprintOf(planned.metadata) === registry.fingerprint) return planned;
  return planUpdate(current, { ...(isJsonObject(patch) ? patch : {}), signature_block: null }, rules);
}
