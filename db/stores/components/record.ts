/** From a stored row to the record that every operation returns. Rows are trusted: they were validated when written. */
import type { ComponentMetadata, ComponentRecord, RegistryFacts } from '../../../contracts/component.ts';
import { fieldNames } from '../../../domain/component/fields/table.ts';
import type { Row } from '../../transaction.ts';

/** The columns a record is made of, to be selected from `components` under the alias given. */
export function recordColumns(alias: string): string {
  return [
    'document',
    'revision',
    'fingerprint',
    'trust_level',
    'quarantined',
    'wip',
    'source_kind',
    'source_ref',
    'registered_at',
    'updated_at',
  ]
    .map((column) => `${alias}.${column}`)
    .join(', ');
}

interface RecordRow {
  readonly document: ComponentMetadata;
  readonly revision: number;
  readonly fingerprint: string;
  readonly trust_level: RegistryFacts['trust_level'];
  readonly quarantined: boolean;
  readonly wip: boolean;
  readonly source_kind: RegistryFacts['source']['kind'];
  readonly source_ref: string;
  readonly registered_at: Date;
  readonly updated_at: Date;
}

/** Reads one row selected by `recordColumns`. */
export function recordOf(row: Row): ComponentRecord {
  const stored = row as Row & RecordRow;
  return {
    metadata: inModelOrder(stored.document),
    registry: {
      revision: stored.revision,
      fingerprint: stored.fingerprint,
      trust_level: stored.trust_level,
      quarantined: stored.quarantined,
      wip: stored.wip,
      source: { kind: stored.source_kind, ref: stored.source_ref },
      registered_at: stored.registered_at.toISOString(),
      updated_at: stored.updated_at.toISOString(),
    },
  };
}

/** `jsonb` forgets the order of members; people want to see uuid, type and name first. */
function inModelOrder(document: ComponentMetadata): ComponentMetadata {
  const members = fieldNames.flatMap((name) => (document[name] === undefined ? [] : [[name, document[name]] as const]));
  return Object.fromEntries(members) as ComponentMetadata;
}
