/** Lookup: the one component a reference means (registry.md 5.4, 7.1). */
import type { ComponentRecord } from '../../contracts/component.ts';
import { OmniBaseError } from '../../contracts/error.ts';
import type { Answer, CallContext, LookupOptions } from '../../contracts/registry.ts';
import { resourceOf } from '../../domain/search/evaluate.ts';
import { authorise } from './authorise.ts';
import type { CallFacts } from './call.ts';
import { checkByUuid, notFound, type Wanted, wantedOf } from './choose.ts';
import { findInDatabase, findInFile } from './find.ts';
import { fromMemory } from './freshness.ts';
import { read } from './read.ts';
import type { Runtime } from './runtime.ts';

/** @throws RG001, RG008, RG013; QY002, QY003; SX001 for a component the caller may not read */
export async function lookup(
  runtime: Runtime,
  ref: string,
  options: LookupOptions,
  context: CallContext,
  facts: CallFacts,
): Promise<Answer<ComponentRecord>> {
  authorise(runtime, context, 'registry.read');
  const wanted = wantedOf(ref, options);
  const answer = recall(runtime, wanted) ?? (await readRecord(runtime, wanted, options));
  const { metadata, registry } = answer.data;
  facts.component_id = metadata.uuid;
  facts.resource = resourceOf(metadata);
  facts.revision = registry.revision;
  authorise(runtime, context, 'registry.read', facts.resource);
  return answer;
}

/** From memory, by uuid only: which version a name means may change with every registration. */
function recall(runtime: Runtime, wanted: Wanted): Answer<ComponentRecord> | null {
  const { reference, ref } = wanted;
  if (reference.kind !== 'uuid' || !runtime.memory.live) return null;
  const remembered = runtime.memory.record(reference.uuid);
  runtime.observer.cacheRequest('l1', remembered === undefined ? 'miss' : 'hit');
  if (remembered === undefined) return null;
  if (remembered.value === null) throw notFound(ref, []);
  const { warnings } = checkByUuid(wanted, remembered.value);
  return { data: remembered.value, freshness: fromMemory(remembered.at), warnings };
}

async function readRecord(runtime: Runtime, wanted: Wanted, options: LookupOptions): Promise<Answer<ComponentRecord>> {
  const { value, freshness } = await read(runtime, {
    operation: 'lookup',
    maxStaleMs: options.max_stale_ms,
    database: (database) => rememberMissing(runtime, wanted, findInDatabase(database, wanted)),
    file: (state, complete) => findInFile(state, complete, wanted),
  });
  if (freshness.source === 'postgres') runtime.memory.store(value.record);
  return { data: value.record, freshness, warnings: value.warnings };
}

/** Whoever asks for a uuid that does not exist tends to ask again. */
async function rememberMissing<T>(runtime: Runtime, { reference }: Wanted, finding: Promise<T>): Promise<T> {
  try {
    return await finding;
  } catch (error) {
    const missing = error instanceof OmniBaseError && error.code === 'RG001';
    if (missing && reference.kind === 'uuid') runtime.memory.storeMissing(reference.uuid);
    throw error;
  }
}
