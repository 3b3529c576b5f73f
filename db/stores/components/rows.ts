/** From the normalised model to the rows that hold it: the component and its outgoing edges (registry.md 4). */
import type { ComponentMetadata, Edge, RegistryFacts } from '../../../contracts/component.ts';
import { edgesOf } from '../../../domain/component/edges.ts';
import { searchTextOf } from '../../../domain/search/text.ts';
import type { KeyInterval } from '../../../domain/versions/interval.ts';
import { isPrerelease, versionCore } from '../../../domain/versions/version.ts';
import { versionKey } from '../../../domain/versions/version-key.ts';
import { parseVersionSpec } from '../../../domain/versions/version-spec.ts';

/** What is stored of a component beside its document and its times. */
export interface ComponentInput {
  readonly metadata: ComponentMetadata;
  readonly raw: unknown;
  readonly fingerprint: string;
  readonly revision: number;
  readonly wip: boolean;
  readonly source: RegistryFacts['source'];
}

/** A row of `component_dependencies` without its id. */
export interface EdgeRow {
  readonly from_uuid: string;
  readonly ordinal: number;
  readonly kind: Edge['kind'];
  readonly target_uuid: string | null;
  readonly target_type: string | null;
  readonly target_namespace: string | null;
  readonly target_name: string | null;
  readonly version_spec: string;
  readonly ranges: readonly KeyInterval[];
  readonly required: boolean;
  readonly external: boolean;
  readonly detail: unknown;
}

/** The columns of a component that a write sets; the times are the database's. */
export const componentColumns = [
  'uuid',
  'type',
  'namespace',
  'name',
  'version',
  'version_key',
  'version_core',
  'is_prerelease',
  'lifecycle',
  'status',
  'wip',
  'idempotent',
  'tags',
  'provides',
  'capabilities_required',
  'profiles',
  'mode',
  'author',
  'owner',
  'entrypoint_kind',
  'source_kind',
  'source_ref',
  'search_text',
  'document',
  'raw',
  'fingerprint',
  'revision',
  'authored_at',
  'modified_at',
] as const;

export function componentRow(input: ComponentInput): Record<(typeof componentColumns)[number], unknown> {
  const { metadata, source } = input;
  return {
    uuid: metadata.uuid,
    type: metadata.type,
    namespace: metadata.namespace,
    name: metadata.name,
    version: metadata.version,
    version_key: versionKey(metadata.version),
    version_core: versionCore(metadata.version),
    is_prerelease: isPrerelease(metadata.version),
    lifecycle: metadata.lifecycle,
    status: metadata.status,
    wip: input.wip,
    idempotent: metadata.idempotent,
    tags: metadata.tags,
    provides: metadata.provides,
    capabilities_required: metadata.capabilities_required,
    profiles: metadata.profiles ?? [],
    mode: metadata.mode ?? null,
    author: metadata.author ?? null,
    owner: metadata.owner ?? null,
    entrypoint_kind: metadata.entrypoint?.kind ?? null,
    source_kind: source.kind,
    source_ref: source.ref,
    search_text: searchTextOf(metadata),
    document: metadata,
    raw: input.raw,
    fingerprint: input.fingerprint,
    revision: input.revision,
    authored_at: metadata.created_at ?? null,
    modified_at: metadata.last_modified_at ?? null,
  };
}

/** Every relation of a component in stored form; positions count per kind. */
export function edgeRows(metadata: ComponentMetadata): EdgeRow[] {
  const edges = edgesOf(metadata);
  return edges.map((edge, index) => ({
    from_uuid: metadata.uuid,
    ordinal: edges.slice(0, index).filter(({ kind }) => kind === edge.kind).length,
    kind: edge.kind,
    target_uuid: edge.target.uuid ?? null,
    target_type: edge.target.type ?? null,
    target_namespace: edge.target.namespace ?? null,
    target_name: edge.target.name ?? null,
    version_spec: edge.version_spec,
    ranges: edge.external === undefined ? parseVersionSpec(edge.version_spec).intervals : [],
    required: edge.required,
    external: edge.external !== undefined,
    detail: detailOf(edge),
  }));
}

function detailOf({ external, binding, protocol_required, description }: Edge): unknown {
  return { external, binding, protocol_required, description };
}
