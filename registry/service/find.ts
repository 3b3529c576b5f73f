/** Finds the record a reference means, in Postgres or in the records of the file cache. */
import type { ComponentRecord } from '../../contracts/component.ts';
import { type Issue, OmniBaseError } from '../../contracts/error.ts';
import type { Database } from '../../db/client.ts';
import { findByPath } from '../../db/stores/components/find-by-path.ts';
import { findByUuid } from '../../db/stores/components/find-by-uuid.ts';
import { listNames } from '../../db/stores/components/list-names.ts';
import { matchPath } from '../../domain/versions/reference.ts';
import type { CacheState } from '../cache/file/read-state.ts';
import { candidateOf, checkByUuid, chooseByPath, notFound, type Wanted } from './choose.ts';

export interface FoundRecord {
  readonly record: ComponentRecord;
  readonly warnings: readonly Issue[];
}

/** @throws RG001, RG008, RG013 */
export async function findInDatabase(database: Database, wanted: Wanted): Promise<FoundRecord> {
  const { reference, ref } = wanted;
  if (reference.kind === 'uuid') {
    const record = await findByUuid(database, reference.uuid);
    if (record === null) throw notFound(ref, []);
    return { record, warnings: checkByUuid(wanted, record).warnings };
  }
  const candidates = await findByPath(database, reference.path, reference.type);
  if (matchPath(reference, candidates) === null) throw notFound(ref, await listNames(database));
  const { uuid, warnings } = chooseByPath(wanted, candidates);
  const record = await findByUuid(database, uuid);
  // Removed between the two queries.
  if (record === null) throw notFound(ref, []);
  return { record, warnings };
}

/**
 * @param complete false when the file may lack components: then "not found" cannot be told
 * @throws RG001, RG008, RG013, and RG016 for what an incomplete file does not hold
 */
export function findInFile(state: CacheState, complete: boolean, wanted: Wanted): FoundRecord {
  const { reference, ref } = wanted;
  if (reference.kind === 'uuid') {
    const record = state.records.get(reference.uuid);
    if (record === undefined) throw missing(ref, complete, []);
    return { record, warnings: checkByUuid(wanted, record).warnings };
  }
  const candidates = [...state.records.values()]
    .filter(({ metadata }) => reference.type === undefined || metadata.type === reference.type)
    .map(candidateOf);
  if (matchPath(reference, candidates) === null) {
    const names = new Set(candidates.filter(({ lifecycle }) => lifecycle !== 'archived').map(({ name }) => name));
    throw missing(ref, complete, names);
  }
  const { uuid, warnings } = chooseByPath(wanted, candidates);
  const record = state.records.get(uuid);
  if (record === undefined) throw missing(ref, complete, []);
  return { record, warnings };
}

function missing(ref: string, complete: boolean, names: Iterable<string>): OmniBaseError {
  if (complete) return notFound(ref, names);
  return new OmniBaseError('RG016', {
    message: `the registry database is away, and the incomplete cache does not hold ${ref}`,
    details: { ref },
  });
}
