/**
 * A registry in memory with the manners of the real one, so that the border can be tested alone: known
 * errors for unknown references and stale revisions, and a record of what it was asked.
 */
import type { ComponentRecord } from '../../../../contracts/component.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import type { Answer, CallContext, RegistryApi } from '../../../../contracts/registry.ts';

export interface RecordedCall {
  readonly operation: string;
  readonly arguments: readonly unknown[];
  readonly context: CallContext;
}

export interface MemoryRegistry extends RegistryApi {
  readonly calls: RecordedCall[];
  readonly records: Map<string, ComponentRecord>;
}

export const exampleUuid = '0190a2b4-7c1d-7e2f-8a3b-4c5d6e7f8a9b';

export function exampleRecord(uuid = exampleUuid, revision = 1): ComponentRecord {
  return {
    metadata: {
      uuid,
      type: 'validator',
      namespace: 'team',
      name: 'json-lint',
      version: '1.2.3',
      metadata_version: '0.2.1',
      protocol_version: '1.1.0',
      schema_version: '1.1.0',
      state_contract: 'state_contract://default',
      lifecycle: 'active',
      status: 'active',
      tags: ['pre-commit'],
      provides: [],
      capabilities_required: [],
      protocols_supported: [],
      base_class: [],
      subgraph: [],
      os_requirements: [],
      compliance_profiles: [],
      dependencies: [],
      idempotent: true,
      inputs: [],
      outputs: [],
      environment: [],
      execution_mode: 'sync',
      x_extensions: {},
    },
    registry: {
      revision,
      fingerprint: 'a'.repeat(64),
      trust_level: 'unverified',
      quarantined: false,
      wip: false,
      source: { kind: 'api', ref: 'test' },
      registered_at: '2026-01-01T00:00:00.000Z',
      updated_at: '2026-01-01T00:00:00.000Z',
    },
  };
}

export function memoryRegistry(): MemoryRegistry {
  const calls: RecordedCall[] = [];
  const records = new Map([[exampleUuid, exampleRecord()]]);
  const find = (ref: string): ComponentRecord => {
    const record = records.get(ref);
    if (record === undefined) throw new OmniBaseError('RG001', { details: { ref } });
    return record;
  };
  const recorded = async <T>(operation: string, given: readonly unknown[], context: CallContext, act: () => T) => {
    calls.push({ operation, arguments: given, context });
    return answer(act());
  };
  const level = {
    enabled: true,
    healthy: true,
    entries: 0,
    bytes: 0,
    max: null,
    hits: 3,
    misses: 1,
    hit_ratio: 0.75,
    evictions: 0,
    errors: 0,
  };

  return {
    calls,
    records,
    register: (document, options, context) =>
      recorded('register', [document, options], context, () => {
        const uuid = uuidOf(document);
        const created = !records.has(uuid);
        if (created) records.set(uuid, exampleRecord(uuid));
        const { metadata, registry } = find(uuid);
        const { type, namespace, name, version } = metadata;
        const { revision, fingerprint } = registry;
        const outcome = { registered: true, created, unchanged: !created };
        return { uuid, type, namespace, name, version, revision, fingerprint, ...outcome };
      }),
    update: (ref, patch, options, context) =>
      recorded('update', [ref, patch, options], context, () => {
        const { metadata, registry } = find(ref);
        const { if_revision: expected = registry.revision } = options;
        if (expected !== registry.revision) {
          const sides = { expected, current: registry.revision, theirs: { description: 'b' }, yours: patch };
          throw new OmniBaseError('RG011', { details: sides });
        }
        const changed = exampleRecord(metadata.uuid, registry.revision + 1);
        records.set(metadata.uuid, changed);
        return changed;
      }),
    lookup: (ref, options, context) => recorded('lookup', [ref, options], context, () => find(ref)),
    search: (query, context) =>
      recorded('search', [query], context, () => ({
        items: [...records.values()],
        page: { limit: query.limit ?? 100, has_more: false, next_cursor: null, total: records.size },
      })),
    remove: (ref, options, context) =>
      recorded('remove', [ref, options], context, () => {
        const { metadata, registry } = find(ref);
        if (options.hard === true) records.delete(metadata.uuid);
        return {
          uuid: metadata.uuid,
          revision: registry.revision + 1,
          op: options.hard === true ? 'removed' : 'archived',
        };
      }),
    sync: (options, context) =>
      recorded('sync', [options], context, () => ({
        kind: options.full === true ? 'full' : 'incremental',
        applied: 0,
        removed: 0,
        watermark: '1',
        duration_ms: 1,
      })),
    cacheStats: (context) =>
      recorded('cacheStats', [], context, () => ({
        l1: level,
        l2: level,
        l3: {
          ...level,
          path: '/tmp/registry.jsonl',
          complete: true,
          age_s: 1,
          stale: false,
          last_sync_at: null,
          last_full_sync_at: null,
          last_error: null,
          watermark_lag: 0,
          quarantined_lines: 0,
          dirty: false,
        },
      })),
  };
}

function answer<T>(data: T): Answer<T> {
  return {
    data,
    freshness: {
      source: 'postgres',
      level: 'authority',
      as_of: '2026-01-01T00:00:00.000Z',
      age_ms: 0,
      stale: false,
      complete: true,
    },
    warnings: [],
  };
}

function uuidOf(document: unknown): string {
  if (typeof document === 'object' && document !== null && 'uuid' in document && typeof document.uuid === 'string') {
    return document.uuid;
  }
  throw new OmniBaseError('SC003', {
    issues: [{ code: 'SC003', severity: 'error', path: 'uuid', message: 'is missing' }],
  });
}
