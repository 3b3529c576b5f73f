/**
 * The locks of a write (registry.md 5.2), all held until its transaction ends.
 *
 * A writer with edges locks its own uuid and name exclusively and every target shared, so of two writers that point
 * to each other one waits. That alone lets two chains of writers close a circle between them (A→B and C→D, with B→C
 * and D→A stored already), so a writer that finds an edge pointing to it, and therefore has to look for a circle, also
 * takes the one lock of the graph: whoever looks last sees everything the others wrote. Writers that nobody points to
 * never wait for it.
 */
import { createHash } from 'node:crypto';
import type { Statement } from '../../transaction.ts';
import type { EdgeRow } from './rows.ts';

export interface LockOwner {
  readonly uuid: string;
  readonly namespace: string;
  readonly name: string;
}

/** One statement that takes all locks of a writer in one order for everybody, so that writers never deadlock. */
export function edgeLocks(owner: LockOwner, edges: readonly EdgeRow[]): Statement {
  return lockStatement([...ownLocks(owner), ...edges.filter((edge) => !edge.external).flatMap(targetLocksOf)]);
}

/** For a writer that others may be about to point to: a removal. */
export function targetLocks(owner: LockOwner): Statement {
  return lockStatement(ownLocks(owner));
}

/** Serialises the writers that look for circles. */
export function graphLock(): Statement {
  return lockStatement([{ word: 'graph', mode: 'exclusive' }]);
}

/** Serialises requests under one idempotency key. */
export function requestLock(key: string, principal: string): Statement {
  return lockStatement([{ word: `request/${principal}/${key}`, mode: 'exclusive' }]);
}

interface Lock {
  readonly word: string;
  readonly mode: 'exclusive' | 'shared';
  /** Not taken when a component of this name or `namespace.name` exists. */
  readonly unlessNamed?: string;
}

/**
 * A component is reached by its uuid, its `namespace.name`, its name and its namespace. The namespace is shared among
 * its many components, so there the roles are swapped: they share the lock, who points to it takes it alone.
 */
function ownLocks({ uuid, namespace, name }: LockOwner): Lock[] {
  return [
    { word: `uuid/${uuid}`, mode: 'exclusive' },
    { word: `path/${namespace}.${name}`, mode: 'exclusive' },
    { word: `path/${name}`, mode: 'exclusive' },
    { word: `namespace/${namespace}`, mode: 'shared' },
  ];
}

/** A path means a namespace only when nothing has that name, so pointing to what exists excludes nobody. */
function targetLocksOf({ target_uuid, target_namespace, target_name }: EdgeRow): Lock[] {
  if (target_uuid !== null) return [{ word: `uuid/${target_uuid}`, mode: 'shared' }];
  const path = target_name ?? '';
  if (target_namespace !== null) return [{ word: `path/${target_namespace}.${path}`, mode: 'shared' }];
  return [
    { word: `path/${path}`, mode: 'shared' },
    { word: `namespace/${path}`, mode: 'exclusive', unlessNamed: path },
  ];
}

function lockStatement(wanted: readonly Lock[]): Statement {
  const locks = new Map<bigint, Lock>();
  for (const lock of wanted) {
    const number = lockNumber(lock.word);
    if (locks.get(number)?.mode !== 'exclusive') locks.set(number, lock);
  }
  const values: string[] = [];
  const calls = [...locks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([number, { mode, unlessNamed }]) => {
      const key = `$${values.push(number.toString())}::bigint`;
      const call = `pg_advisory_xact_lock${mode === 'shared' ? '_shared' : ''}(${key})`;
      return unlessNamed === undefined ? call : unlessExists(`$${values.push(unlessNamed)}::text`, call);
    });
  return { text: `SELECT ${calls.join(', ')}`, values };
}

function unlessExists(path: string, call: string): string {
  const named = `c.name = ${path} OR (c.namespace || '.' || c.name) = ${path}`;
  return `CASE WHEN NOT EXISTS (SELECT 1 FROM components c WHERE ${named}) THEN ${call}::text END`;
}

/** 64 bits of SHA-256, signed as Postgres wants them. */
function lockNumber(word: string): bigint {
  return createHash('sha256').update(`omnibase.registry/${word}`).digest().readBigInt64BE();
}
