/** The open offer of a node, for those who missed the answer that carried it (registration.md 10 `…/offer`). */
import type { OfferAnswer } from '../../../contracts/node/answers.ts';
import type { RegistrationState } from '../../../contracts/node/vocabulary.ts';
import type { RegistrationKey } from '../../../contracts/node/workflow.ts';
import { requiresAck } from '../../../domain/registration/states.ts';
import type { Database } from '../../client.ts';
import { millisecondsTo } from './registered-facts.ts';

export interface OfferState {
  readonly state: RegistrationState;
  /** Null where no ack is waited for. */
  readonly offer: OfferAnswer | null;
}

interface OfferRow {
  readonly state: RegistrationState;
  readonly epoch: number;
  readonly attempt_id: string | null;
  readonly attempt_number: number;
  readonly ack_deadline: Date | null;
  readonly ack_in_ms: number | null;
}

/** Null for a node nobody knows. */
export async function readOffer(database: Database, key: RegistrationKey): Promise<OfferState | null> {
  const { rows } = await database.pool.query<OfferRow>({
    name: 'read_offer',
    text: `SELECT p.current_state AS state, p.epoch::float8 AS epoch, p.attempt_id, p.attempt_number, p.ack_deadline,
                  ${millisecondsTo('p.ack_deadline', 'floor')} AS ack_in_ms
             FROM registration_projections p WHERE p.entity_id = $1 AND p.domain = $2`,
    values: [key.entity_id, key.domain],
  });
  const [row] = rows;
  return row === undefined ? null : { state: row.state, offer: offerOf(row) };
}

function offerOf(row: OfferRow): OfferAnswer | null {
  const { state, epoch, attempt_id, attempt_number, ack_deadline, ack_in_ms } = row;
  if (!requiresAck(state) || attempt_id === null || ack_deadline === null || ack_in_ms === null) return null;
  return { state, epoch, attempt_id, attempt_number, ack_deadline: ack_deadline.toISOString(), ack_in_ms };
}
