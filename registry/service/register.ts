/** Register: one document becomes one component, twice without harm (registry.md 5.2). */
import type { Issue, OmniBaseError } from '../../contracts/error.ts';
import type { Answer, CallContext, RegisterOptions, RegisterResult } from '../../contracts/registry.ts';
import type { Database } from '../../db/client.ts';
import type { StoredComponent } from '../../db/stores/components/read-for-write.ts';
import type { KeptRequest } from '../../db/stores/components/requests.ts';
import { edgeRows } from '../../db/stores/components/rows.ts';
import {
  type WriteCommand,
  type WriteDecision,
  type WriteOutcome,
  type WriteView,
  writeComponent,
} from '../../db/stores/components/write-component.ts';
import { normalise } from '../../domain/component/normalise.ts';
import { judge } from '../../domain/component/update.ts';
import { validationError } from '../../domain/component/validation-error.ts';
import { createMergePatch } from '../../domain/json/merge-patch.ts';
import { isJsonObject } from '../../domain/json/values.ts';
import { checkInitialLifecycle } from '../../domain/lifecycle/transitions.ts';
import { resourceOf } from '../../domain/search/evaluate.ts';
import { isUuid } from '../../domain/versions/reference.ts';
import { versionKey } from '../../domain/versions/version-key.ts';
import { fingerprintOf } from '../hashes.ts';
import { authorise, isAdmin } from './authorise.ts';
import type { CallFacts } from './call.ts';
import { checkKey, checkText } from './free-text.ts';
import { fromAuthority } from './freshness.ts';
import { propagate } from './propagate.ts';
import { checkReplacement } from './replacement.ts';
import {
  type Candidate,
  coordinatesTaken,
  isSame,
  otherContent,
  type Registration,
  registration,
  requestHash,
} from './registration.ts';
import { isReplay } from './requests.ts';
import type { Runtime } from './runtime.ts';
import { unansweredDependencies } from './unanswered.ts';
import { withAuthority } from './write-access.ts';

/**
 * @throws MetadataValidationError codes; RG002 other content or coordinates taken; RG006 circle; RG012 frozen;
 * RG020 idempotency key reused; LC003; SX001; RG015 while the database is away
 */
export async function register(
  runtime: Runtime,
  document: unknown,
  options: RegisterOptions,
  context: CallContext,
  facts: CallFacts,
): Promise<Answer<RegisterResult>> {
  facts.dry_run = options.dry_run === true;
  authorise(runtime, context, 'registry.write');
  checkKey(options.idempotency_key);
  checkText('reason', options.reason);
  checkText('source.ref', options.source?.ref);
  const candidate = validate(runtime, document, options, context, facts);
  authorise(runtime, context, 'registry.write', resourceOf(candidate.metadata));
  const { answer, written } = await withAuthority(runtime, 'register', async (database) => {
    const outcome = await write(database, candidate);
    if (outcome.written !== null) await propagate(runtime, database, { kind: 'record', record: outcome.written });
    return outcome;
  });
  facts.revision = written?.registry.revision ?? answer.result.revision;
  return { data: answer.result, freshness: fromAuthority(), warnings: answer.warnings };
}

function validate(
  runtime: Runtime,
  document: unknown,
  options: RegisterOptions,
  context: CallContext,
  facts: CallFacts,
): Candidate {
  facts.component_id = statedUuid(document);
  const strict = options.strict ?? runtime.validation.strict ?? false;
  const { metadata, raw, issues } = normalise(document, { ...runtime.validation, strict });
  if (metadata === null) throw validationError(issues);
  facts.component_id = metadata.uuid;
  facts.resource = resourceOf(metadata);
  return { metadata, raw, fingerprint: fingerprintOf(metadata), issues, strict, options, context };
}

/** For the audit row of a refused document. */
function statedUuid(document: unknown): string | null {
  const uuid = isJsonObject(document) ? document['uuid'] : null;
  return typeof uuid === 'string' && isUuid(uuid) ? uuid.toLowerCase() : null;
}

function write(database: Database, candidate: Candidate): Promise<WriteOutcome<Registration>> {
  const { metadata, options, context } = candidate;
  const { uuid, type, namespace, name, version } = metadata;
  const { idempotency_key: key, dry_run } = options;
  return writeComponent(
    database,
    {
      uuid,
      coordinates: { type, namespace, name, version_key: versionKey(version) },
      edges: edgeRows(metadata),
      removal: false,
      request: key === undefined || dry_run === true ? null : { key, principal: context.principal.id },
      dryRun: dry_run === true,
    },
    (view) => decide(view, candidate),
  );
}

async function decide(view: WriteView, candidate: Candidate): Promise<WriteDecision<Registration>> {
  const { metadata, options } = candidate;
  const request_hash = requestHash(candidate);
  if (isReplay(view.kept, request_hash)) return nothing(view.kept.response as Registration, request_hash);
  const { own } = view;
  if (view.occupant !== null) return conflict(candidate, coordinatesTaken(metadata, view.occupant));
  if (own !== null && isSame(own.record, candidate)) {
    return nothing(registration(candidate, own.record, { unchanged: true }, 'unchanged'), request_hash);
  }
  if (own !== null && options.force !== true) return conflict(candidate, otherContent(metadata, own.record));
  const issues = [...candidate.issues, ...unansweredDependencies(metadata, view.unanswered, candidate.strict)];
  const command = own === null ? create(view, candidate) : replace(own, candidate);
  await checkReplacement(view, metadata);
  const would = own === null ? 'create' : 'replace';
  return {
    command,
    answer: (written) => registration({ ...candidate, issues }, written, { created: own === null }, would),
    keep: (response): KeptRequest => ({ request_hash, response }),
  };
}

function create(view: WriteView, candidate: Candidate): WriteCommand {
  const { metadata, raw, fingerprint, options, context } = candidate;
  checkInitialLifecycle(metadata.lifecycle);
  return {
    kind: 'insert',
    component: {
      metadata,
      raw,
      fingerprint,
      revision: view.last_revision + 1,
      wip: false,
      source: options.source ?? { kind: 'api', ref: '' },
    },
    trail: trail('registered', null, [], context, options, {}),
  };
}

/** By force: the whole document anew, under the rules of an update. */
function replace(own: StoredComponent, candidate: Candidate): WriteCommand {
  const { metadata, raw, fingerprint, options, context, issues } = candidate;
  const { metadata: current, registry } = own.record;
  const { changed, forced, transition } = judge(current, metadata, issues, {
    force: true,
    admin: isAdmin(context, resourceOf(current)),
    reason: options.reason,
  });
  const op = transition === 'unchanged' ? 'updated' : 'transitioned';
  return {
    kind: 'update',
    component: {
      metadata,
      raw,
      fingerprint,
      revision: registry.revision + 1,
      wip: registry.wip,
      source: options.source ?? registry.source,
    },
    trail: trail(op, createMergePatch(current, metadata), changed, context, options, {
      forced,
      override: transition === 'override',
    }),
  };
}

function trail(
  op: 'registered' | 'updated' | 'transitioned',
  patch: unknown,
  paths: readonly string[],
  { principal, correlation_id }: CallContext,
  { reason }: RegisterOptions,
  details: Readonly<Record<string, unknown>>,
): WriteCommand['trail'] {
  return {
    op,
    patch,
    paths,
    action: 'registry.register',
    principal: principal.id,
    reason: reason ?? null,
    correlation_id,
    details,
  };
}

function nothing(answer: Registration, request_hash: string): WriteDecision<Registration> {
  return { command: null, answer: () => answer, keep: (response) => ({ request_hash, response }) };
}

/** A dry run reports a conflict, a real one refuses it. */
function conflict(candidate: Candidate, error: OmniBaseError): WriteDecision<Registration> {
  if (candidate.options.dry_run !== true) throw error;
  const issue: Issue = { code: error.code, severity: 'warning', path: '', message: error.message };
  const answer = registration({ ...candidate, issues: [...candidate.issues, issue] }, null, {}, 'conflict');
  return nothing(answer, '');
}
