/**
 * Components as they are stored: one row per version of a thing, its outgoing edges, and every revision it
 * ever had (registry.md 4). `document` is the normalised model that all readers get; the other columns repeat
 * what is searched, sorted or checked. Revisions have no foreign key: history survives removal.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  char,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { byteText, instant } from './column-types.ts';

export const components = pgTable(
  'components',
  {
    uuid: uuid('uuid').primaryKey(),
    type: byteText('type').notNull(),
    namespace: byteText('namespace').notNull(),
    name: byteText('name').notNull(),
    version: byteText('version').notNull(),
    /** Sorts by bytes as versions precede each other (registry.md 7.1). */
    versionKey: byteText('version_key').notNull(),
    /** The x.y.z part: a prerelease is accepted only by a range that names its x.y.z. */
    versionCore: byteText('version_core').notNull(),
    isPrerelease: boolean('is_prerelease').notNull(),
    lifecycle: byteText('lifecycle').notNull(),
    status: byteText('status').notNull(),
    trustLevel: byteText('trust_level').notNull().default('unverified'),
    quarantined: boolean('quarantined').notNull().default(false),
    wip: boolean('wip').notNull().default(false),
    idempotent: boolean('idempotent').notNull(),
    tags: text('tags').array().notNull(),
    provides: text('provides').array().notNull(),
    capabilitiesRequired: text('capabilities_required').array().notNull(),
    profiles: text('profiles').array().notNull(),
    mode: byteText('mode'),
    author: text('author'),
    owner: text('owner'),
    entrypointKind: byteText('entrypoint_kind'),
    sourceKind: byteText('source_kind').notNull(),
    sourceRef: text('source_ref').notNull(),
    /** Folded name, namespace, description and tags, one a line: what text search looks at. */
    searchText: byteText('search_text').notNull(),
    document: jsonb('document').notNull(),
    /** The document as its author wrote it. */
    raw: jsonb('raw').notNull(),
    fingerprint: char('fingerprint', { length: 64 }).notNull(),
    fingerprintAlgorithm: integer('fingerprint_algorithm').notNull().default(1),
    revision: integer('revision').notNull(),
    authoredAt: instant('authored_at'),
    modifiedAt: instant('modified_at'),
    registeredAt: instant('registered_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    // Identity; build metadata is not part of the key, so it makes no second version.
    uniqueIndex('components_coordinates').on(t.type, t.namespace, t.name, t.versionKey),
    // Lookup by name, resolution, the default order of search and its cursor.
    index('components_name').on(t.name, t.versionKey.desc().nullsFirst(), t.uuid),
    // Lookup by path (`namespace.name`), the first way a reference is tried, and by namespace alone, the last.
    index('components_path').on(sql`(${t.namespace} || '.' || ${t.name})`),
    index('components_namespace').on(t.namespace),
    // Views: production, development, all.
    index('components_lifecycle').on(t.lifecycle, t.name, t.versionKey.desc().nullsFirst()),
    // Newest first, and the sweep for what changed.
    index('components_updated_at').on(t.updatedAt, t.uuid),
    // Set filters: one probe per search, one index write per component, so there is no tag table.
    index('components_tags').using('gin', t.tags),
    index('components_provides').using('gin', t.provides),
    index('components_capabilities').using('gin', t.capabilitiesRequired),
    // Substring search.
    index('components_search_text').using('gin', sql`${t.searchText} gin_trgm_ops`),
    // Equality on any stored field.
    index('components_document').using('gin', sql`${t.document} jsonb_path_ops`),
    check(
      'components_lifecycle_known',
      sql`${t.lifecycle} in ('draft', 'experimental', 'canary', 'active', 'deprecated', 'archived')`,
    ),
    check('components_status_known', sql`${t.status} in ('active', 'inactive', 'pending_review')`),
    check('components_trust_known', sql`${t.trustLevel} in ('unverified', 'signed', 'verified')`),
    check('components_source_known', sql`${t.sourceKind} in ('file', 'package', 'remote', 'api')`),
    check('components_revision_positive', sql`${t.revision} >= 1`),
    check('components_fingerprint_hex', sql`${t.fingerprint} ~ '^[0-9a-f]{64}$'`),
    check(
      'components_deprecated_has_replacement',
      sql`${t.lifecycle} <> 'deprecated' or ${t.document} ->> 'deprecated_by' is not null`,
    ),
    check(
      'components_archived_has_reason',
      sql`${t.lifecycle} <> 'archived' or ${t.document} ->> 'archived_reason' is not null`,
    ),
    check(
      'components_document_agrees',
      sql`${t.document} ->> 'uuid' = ${t.uuid}::text and ${t.document} ->> 'lifecycle' = ${t.lifecycle}`,
    ),
  ],
);

export const componentDependencies = pgTable(
  'component_dependencies',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    fromUuid: uuid('from_uuid')
      .notNull()
      .references(() => components.uuid, { onDelete: 'cascade' }),
    ordinal: integer('ordinal').notNull(),
    kind: byteText('kind').notNull(),
    /** No foreign key: the target may be registered later. */
    targetUuid: uuid('target_uuid'),
    targetType: byteText('target_type'),
    targetNamespace: byteText('target_namespace'),
    targetName: byteText('target_name'),
    versionSpec: text('version_spec').notNull(),
    /** The spec as key intervals (registry.md 7.1), so that SQL can bind the edge. */
    ranges: jsonb('ranges').notNull(),
    required: boolean('required').notNull(),
    external: boolean('external').notNull(),
    detail: jsonb('detail').notNull(),
  },
  (t) => [
    // Forward direction, and a stable order of a component's edges.
    unique('component_dependencies_position').on(t.fromUuid, t.kind, t.ordinal),
    // Who points to this uuid, who points to this name: impact, removal, cycles.
    index('component_dependencies_target_uuid').on(t.targetUuid),
    index('component_dependencies_target_name').on(t.targetName, t.targetNamespace, t.targetType),
    check('component_dependencies_kind_known', sql`${t.kind} in ('depends_on', 'inherits_from', 'generated_by')`),
    check(
      'component_dependencies_target_given',
      sql`${t.external} or ${t.targetUuid} is not null or ${t.targetName} is not null or ${t.targetNamespace} is not null`,
    ),
  ],
);

export const componentRevisions = pgTable(
  'component_revisions',
  {
    uuid: uuid('uuid').notNull(),
    revision: integer('revision').notNull(),
    op: byteText('op').notNull(),
    document: jsonb('document').notNull(),
    raw: jsonb('raw').notNull(),
    fingerprint: char('fingerprint', { length: 64 }).notNull(),
    /** Merge patch from the previous revision; null on the first one. */
    patch: jsonb('patch'),
    principal: text('principal').notNull(),
    reason: text('reason'),
    correlationId: text('correlation_id').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: 'component_revisions_pkey', columns: [t.uuid, t.revision] }),
    // History over all components by time.
    index('component_revisions_at').on(t.at),
    check(
      'component_revisions_op_known',
      sql`${t.op} in ('registered', 'updated', 'transitioned', 'removed', 'trust_changed')`,
    ),
  ],
);
