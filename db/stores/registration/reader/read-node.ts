/** One node: its row, its state alone, its telemetry (registration.md 8). */
import type { NodeLivenessRow, NodeRow } from '../../../../contracts/node/row.ts';
import type { RegistrationState } from '../../../../contracts/node/vocabulary.ts';
import { registrationStates } from '../../../../contracts/node/vocabulary.ts';
import { malformedRowError } from '../../../resilience/database-errors.ts';
import type { Row } from '../../../transaction.ts';
import { nodeColumnList, nodeLivenessColumnList, nodeLivenessRowOf, nodeRowOf } from '../projector/row.ts';
import { checkUuid } from './invalid-query.ts';
import { ask, domainOf, type ReaderDeps } from './question.ts';

export interface InDomain {
  /** Default `registration`; null = whichever comes first. */
  readonly domain?: string | null;
}

/** @throws ND002, ND009-ND012; ND012 as well when the one row asked for is malformed */
export async function readNode(deps: ReaderDeps, entityId: string, options: InDomain = {}): Promise<NodeRow | null> {
  const row = await readByKey(deps, 'registration_projections', nodeColumnList('t'), entityId, options);
  return row === undefined ? null : nodeRowOf(row);
}

export async function readState(
  deps: ReaderDeps,
  entityId: string,
  options: InDomain = {},
): Promise<RegistrationState | null> {
  const row = await readByKey(deps, 'registration_projections', 't.domain, t.current_state', entityId, options);
  if (row === undefined) return null;
  const state = registrationStates.find((known) => known === row['current_state']);
  if (state !== undefined) return state;
  throw malformedRowError({ entity_id: entityId, domain: String(row['domain']), path: 'current_state' });
}

export async function readLiveness(
  deps: ReaderDeps,
  entityId: string,
  options: InDomain = {},
): Promise<NodeLivenessRow | null> {
  const row = await readByKey(deps, 'node_liveness', nodeLivenessColumnList('t'), entityId, options);
  return row === undefined ? null : nodeLivenessRowOf(row);
}

async function readByKey(
  deps: ReaderDeps,
  table: 'registration_projections' | 'node_liveness',
  columns: string,
  entityId: string,
  options: InDomain,
): Promise<Row | undefined> {
  const id = checkUuid('entity_id', entityId);
  const domain = domainOf(options.domain);
  const [row] = await ask(deps, 'get', {
    text:
      `SELECT ${columns} FROM ${table} t WHERE t.entity_id = $1` +
      (domain === null ? ' ORDER BY t.domain LIMIT 1' : ' AND t.domain = $2'),
    values: domain === null ? [id] : [id, domain],
  });
  return row;
}
