/**
 * One change of one component as one transaction (registry.md 5.2, 5.3, 5.5): take the locks and read, let the caller
 * decide, write. Two network round trips; three when edges may close a circle or an idempotency key is used.
 *
 * Who else may be here: any number of writers of the same component (the row lock, or the unique indexes for one that
 * does not exist yet, let one through), writers of its neighbours (`write-locks.ts`), and removals.
 */
import type { ComponentRecord } from '../../../contracts/component.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { Database } from '../../client.ts';
import { isTransient } from '../../failure.ts';
import { inTransaction, type Row, type Statement, type Transaction } from '../../transaction.ts';
import { circleOf, findCircle } from './find-circle.ts';
import {
  type Coordinates,
  ownOf,
  readOwn,
  readPointedTo,
  readSurroundings,
  type StoredComponent,
  type Surroundings,
  surroundingsOf,
} from './read-for-write.ts';
import { recordOf } from './record.ts';
import { type KeptRequest, keepRequest, readRequest, requestOf } from './requests.ts';
import type { ComponentInput, EdgeRow } from './rows.ts';
import { edgeLocks, graphLock, requestLock, targetLocks } from './write-locks.ts';
import { deleteComponent, insertComponent, type Trail, updateComponent } from './write-statements.ts';

/** What will be written, as far as it decides about locks. */
export interface WriteTarget {
  readonly uuid: string;
  /** Null when neither coordinates nor edges are touched. */
  readonly coordinates: Coordinates | null;
  /** The new edges; null when they stay as they are. */
  readonly edges: readonly EdgeRow[] | null;
  /** True for a removal: keeps out writers that are about to point to this component. */
  readonly removal: boolean;
  readonly request: { readonly key: string; readonly principal: string } | null;
  /** Everything is done, then rolled back. */
  readonly dryRun: boolean;
}

export interface WriteView extends Surroundings {
  readonly own: StoredComponent | null;
  /** What was answered under the same idempotency key. */
  readonly kept: KeptRequest | null;
  /** Reads more inside the transaction. */
  query(statement: Statement): Promise<readonly Row[]>;
}

export type WriteCommand =
  | { readonly kind: 'insert' | 'update'; readonly component: ComponentInput; readonly trail: Trail }
  | { readonly kind: 'delete'; readonly trail: Trail };

export interface WriteDecision<T> {
  /** Null when there is nothing to write. */
  readonly command: WriteCommand | null;
  /** Builds the answer from the stored record (null when nothing was written). */
  answer(written: ComponentRecord | null): T;
  /** What to keep under the idempotency key, if there is one. */
  keep(answer: T): KeptRequest;
}

export interface WriteOutcome<T> {
  readonly answer: T;
  /** Null when nothing was written, or only tried. */
  readonly written: ComponentRecord | null;
}

/** Lost races before giving up; each time another writer made progress. */
const attempts = 5;

/**
 * @param decide runs under the locks; whatever it throws rolls back and travels on
 * @throws RG006 when the new edges close a circle
 */
export async function writeComponent<T>(
  database: Database,
  target: WriteTarget,
  decide: (view: WriteView) => Promise<WriteDecision<T>>,
): Promise<WriteOutcome<T>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const outcome = await inTransaction(database.pool, (transaction) => attemptWrite(transaction, target, decide));
      if (outcome !== 'lost_race') return outcome;
      if (attempt >= attempts) throw new OmniBaseError('OB001', { message: 'the component keeps changing hands' });
    } catch (error) {
      if (!isTransient(error) || attempt >= attempts) throw error;
    }
  }
}

async function attemptWrite<T>(
  transaction: Transaction,
  target: WriteTarget,
  decide: (view: WriteView) => Promise<WriteDecision<T>>,
): Promise<WriteOutcome<T> | 'lost_race'> {
  const { view, pointedTo } = await readUnderLocks(transaction, target);
  const decision = await decide(view);
  const { command } = decision;
  if (command === null) {
    const answer = decision.answer(null);
    if (view.kept === null) await keepAnswer(transaction, target, decision.keep(answer));
    return { answer, written: null };
  }
  const statements = statementsOf(command, target);
  if (!pointedTo && target.request === null && !target.dryRun) {
    return finish((await transaction.commit(statements)).at(-1), decision);
  }
  const rows = await transaction.flight(pointedTo ? [graphLock(), ...statements, findCircle(target.uuid)] : statements);
  const outcome = finish(rows.at(pointedTo ? -2 : -1), decision);
  if (outcome === 'lost_race') return outcome;
  if (pointedTo) refuseCircle(target.uuid, rows.at(-1) ?? []);
  if (target.dryRun) return { answer: outcome.answer, written: null };
  await keepAnswer(transaction, target, decision.keep(outcome.answer));
  if (target.request === null) await transaction.commit([]);
  return outcome;
}

/** Stores the answer under the idempotency key, if there is one, and commits. */
async function keepAnswer(
  transaction: Transaction,
  { request, dryRun }: WriteTarget,
  answer: KeptRequest,
): Promise<void> {
  if (request !== null && !dryRun) await transaction.commit(keepRequest(request.key, request.principal, answer));
}

async function readUnderLocks(
  transaction: Transaction,
  { uuid, coordinates, edges, removal, request }: WriteTarget,
): Promise<{ view: WriteView; pointedTo: boolean }> {
  const owner = coordinates === null ? null : { uuid, ...coordinates };
  const linked = edges !== null && edges.some((edge) => !edge.external);
  const locks = [
    ...(request === null ? [] : [requestLock(request.key, request.principal)]),
    ...(owner === null ? [] : linked ? [edgeLocks(owner, edges)] : removal ? [targetLocks(owner)] : []),
  ];
  const reads = [
    readOwn(uuid),
    ...(request === null ? [] : [readRequest(request.key, request.principal)]),
    ...(owner === null ? [] : [readSurroundings(uuid, owner, edges ?? [])]),
    ...(owner === null || !linked ? [] : [readPointedTo(uuid, owner)]),
  ];
  const rows = (await transaction.flight([...locks, ...reads])).slice(locks.length);
  const own = ownOf(rows.shift() ?? []);
  const kept = request === null ? null : requestOf(rows.shift() ?? []);
  const surroundings = owner === null ? nothingAround : surroundingsOf(rows.shift() ?? []);
  const pointedTo = owner !== null && linked && (rows[0]?.[0]?.['pointed_to'] === true || pointsToItself(owner, edges));
  const query: WriteView['query'] = async (statement) => (await transaction.flight([statement]))[0] ?? [];
  return { view: { ...surroundings, own, kept, query }, pointedTo };
}

/** For a write that touches neither coordinates nor edges. */
const nothingAround: Surroundings = { last_revision: 0, occupant: null, unanswered: [] };

/** Its own edges are not stored yet when others' are searched. */
function pointsToItself(owner: { uuid: string; namespace: string; name: string }, edges: readonly EdgeRow[]): boolean {
  const paths = [`${owner.namespace}.${owner.name}`, owner.name, owner.namespace];
  return edges.some(({ target_uuid, target_name }) => target_uuid === owner.uuid || paths.includes(target_name ?? ''));
}

function statementsOf(command: WriteCommand, target: WriteTarget): Statement[] {
  switch (command.kind) {
    case 'insert':
      return [insertComponent(command.component, target.edges ?? [], command.trail)];
    case 'update':
      return updateComponent(command.component, target.edges, command.trail);
    case 'delete':
      return [deleteComponent(target.uuid, command.trail)];
  }
}

function finish<T>(rows: readonly Row[] | undefined, decision: WriteDecision<T>): WriteOutcome<T> | 'lost_race' {
  const row = rows?.[0];
  if (row === undefined) return 'lost_race';
  const written = recordOf(row);
  return { answer: decision.answer(written), written };
}

function refuseCircle(uuid: string, rows: readonly Row[]): void {
  const path = circleOf(uuid, rows);
  if (path !== null) throw new OmniBaseError('RG006', { details: { path, uuid } });
}
