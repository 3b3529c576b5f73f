/** Remove: archive, or delete for good (registry.md 5.5). */
import type { ComponentMetadata, ComponentRecord } from '../../contracts/component.ts';
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import type { Answer, CallContext, RemoveOptions, RemoveResult } from '../../contracts/registry.ts';
import type { Database } from '../../db/client.ts';
import { dependentsOf, dependentsOnOnly, pointingTo } from '../../db/stores/components/find-dependents.ts';
import {
  type WriteCommand,
  type WriteDecision,
  type WriteOutcome,
  type WriteView,
  writeComponent,
} from '../../db/stores/components/write-component.ts';
import type { KeptRequest } from '../../db/stores/components/requests.ts';
import type { StoredComponent } from '../../db/stores/components/read-for-write.ts';
import { type PlannedUpdate, planUpdate } from '../../domain/component/update.ts';
import { validationError } from '../../domain/component/validation-error.ts';
import { createMergePatch } from '../../domain/json/merge-patch.ts';
import { resourceOf } from '../../domain/search/evaluate.ts';
import { versionKey } from '../../domain/versions/version-key.ts';
import { fingerprintOf } from '../hashes.ts';
import { authorise, isAdmin } from './authorise.ts';
import type { CallFacts } from './call.ts';
import { notFound, wantedOf } from './choose.ts';
import { findInDatabase } from './find.ts';
import { checkText } from './free-text.ts';
import { fromAuthority } from './freshness.ts';
import { propagate } from './propagate.ts';
import { checkRevision } from './revision-check.ts';
import type { Runtime } from './runtime.ts';
import { withAuthority } from './write-access.ts';

interface Removal {
  readonly runtime: Runtime;
  readonly ref: string;
  readonly options: RemoveOptions;
  readonly context: CallContext;
}

interface Removed {
  readonly result: RemoveResult;
  readonly warnings: readonly Issue[];
}

/**
 * @throws RG001, RG013, RG008 for the reference; RG011; RG014 with the first 20 dependents; LC003; LC006 without a
 * reason; SX001; RG015 while the database is away
 */
export async function remove(
  runtime: Runtime,
  ref: string,
  options: RemoveOptions,
  context: CallContext,
  facts: CallFacts,
): Promise<Answer<RemoveResult>> {
  authorise(runtime, context, 'registry.write');
  checkText('reason', options.reason);
  const wanted = wantedOf(ref, { include_archived: true });
  const { answer } = await withAuthority(runtime, 'remove', async (database) => {
    const { record } = await findInDatabase(database, wanted);
    facts.component_id = record.metadata.uuid;
    facts.resource = resourceOf(record.metadata);
    authorise(runtime, context, 'registry.write', facts.resource);
    const outcome = await write(database, record.metadata, { runtime, ref, options, context });
    if (outcome.written !== null) await propagate(runtime, database, changeOf(outcome.written, options));
    return outcome;
  });
  facts.revision = answer.result.revision;
  return { data: answer.result, freshness: fromAuthority(), warnings: answer.warnings };
}

function changeOf(record: ComponentRecord, { hard }: RemoveOptions): Parameters<typeof propagate>[2] {
  return hard === true
    ? { kind: 'tombstone', uuid: record.metadata.uuid, revision: record.registry.revision }
    : { kind: 'record', record };
}

function write(database: Database, metadata: ComponentMetadata, removal: Removal): Promise<WriteOutcome<Removed>> {
  const coordinates = { ...metadata, version_key: versionKey(metadata.version) };
  return writeComponent(
    database,
    { uuid: metadata.uuid, coordinates, edges: null, removal: true, request: null, dryRun: false },
    (view) => decide(view, removal),
  );
}

async function decide(view: WriteView, removal: Removal): Promise<WriteDecision<Removed>> {
  const { own } = view;
  const { ref, options } = removal;
  if (own === null) throw notFound(ref, []);
  await checkRevision(view, own.record, options.if_revision, null);
  return options.hard === true ? erase(view, own, removal) : archive(view, own, removal);
}

/** The matrix of lifecycles applies; who still needs the component is told, unless an administrator insists. */
async function archive(view: WriteView, own: StoredComponent, removal: Removal): Promise<WriteDecision<Removed>> {
  const { metadata: current, registry } = own.record;
  const { options } = removal;
  if (current.lifecycle === 'archived') return unchanged(current.uuid, registry.revision);
  const { metadata, changed, transition, warnings } = planArchive(current, removal);
  const dependents = dependentsOf(await view.query(dependentsOnOnly(current.uuid)));
  if (dependents.length > 0) {
    if (options.force !== true) throw stillNeeded(current, dependents, 'requires it and has no other');
    authorise(removal.runtime, removal.context, 'admin', resourceOf(current));
  }
  const command: WriteCommand = {
    kind: 'update',
    component: {
      metadata,
      raw: own.raw,
      fingerprint: fingerprintOf(metadata),
      revision: registry.revision + 1,
      wip: registry.wip,
      source: registry.source,
    },
    trail: trail('transitioned', createMergePatch(current, metadata), changed, removal, {
      override: transition === 'override',
      dependents,
    }),
  };
  return decision(command, own.record, 'archived', warnings);
}

function planArchive(current: ComponentMetadata, { runtime, options, context }: Removal): PlannedUpdate {
  const { reason } = options;
  if (reason === undefined || reason.trim() === '') {
    const message = 'a component is archived for a reason';
    throw validationError([
      { code: 'LC006', severity: 'error', path: 'reason', message, hint: 'give it with --reason' },
    ]);
  }
  const patch = { lifecycle: 'archived', archived_reason: reason };
  const admin = isAdmin(context, resourceOf(current));
  // What was valid when it was registered may be archived under stricter settings as well.
  return planUpdate(current, patch, {
    ...runtime.validation,
    strict: false,
    namespaces: undefined,
    builtins: undefined,
    admin,
    reason,
  });
}

/** Only drafts, or by an administrator; never while somebody points to the uuid. */
async function erase(view: WriteView, own: StoredComponent, removal: Removal): Promise<WriteDecision<Removed>> {
  const { metadata } = own.record;
  if (metadata.lifecycle !== 'draft') authorise(removal.runtime, removal.context, 'admin', resourceOf(metadata));
  const pointing = dependentsOf(await view.query(pointingTo(metadata.uuid)));
  if (pointing.length > 0) throw stillNeeded(metadata, pointing, 'points to it');
  const command: WriteCommand = { kind: 'delete', trail: trail('removed', null, [], removal, {}) };
  return decision(command, own.record, 'removed', []);
}

function decision(
  command: WriteCommand,
  { metadata, registry }: ComponentRecord,
  op: RemoveResult['op'],
  warnings: readonly Issue[],
): WriteDecision<Removed> {
  const revision = registry.revision + 1;
  const removed: Removed = { result: { uuid: metadata.uuid, revision, op }, warnings };
  return { command, answer: () => removed, keep: notKept };
}

/** Removing what is archived already succeeds and writes nothing. */
function unchanged(uuid: string, revision: number): WriteDecision<Removed> {
  const removed: Removed = { result: { uuid, revision, op: 'archived' }, warnings: [] };
  return { command: null, answer: () => removed, keep: notKept };
}

/** A removal takes no idempotency key: repeating it is harmless. */
function notKept(response: Removed): KeptRequest {
  return { request_hash: '', response };
}

function trail(
  op: 'transitioned' | 'removed',
  patch: unknown,
  paths: readonly string[],
  { options, context }: Removal,
  details: Readonly<Record<string, unknown>>,
): WriteCommand['trail'] {
  return {
    op,
    patch,
    paths,
    action: 'registry.remove',
    principal: context.principal.id,
    reason: options.reason ?? null,
    correlation_id: context.correlation_id,
    details,
  };
}

function stillNeeded(
  { type, namespace, name, version, uuid }: ComponentMetadata,
  dependents: readonly string[],
  why: string,
): OmniBaseError {
  return new OmniBaseError('RG014', {
    message: `${dependents.length === 1 ? 'a component' : 'components'} still ${why}: ${dependents.slice(0, 5).join(', ')}`,
    details: { ref: `${type}:${namespace}.${name}@${version}`, uuid, dependents },
  });
}
