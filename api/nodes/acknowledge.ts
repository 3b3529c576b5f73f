/**
 * An ack on its way (registration.md 9): first the receipt, stamped by the database, then the workflow. A receipt in time
 * rules over a later time-out, so an ack survives an engine that is away: it is answered `recorded`, and the sweep makes
 * sure that it is applied.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { AckAnswer } from '../../contracts/node/answers.ts';
import type { Ack } from '../../contracts/node/messages.ts';
import type { NodeRow } from '../../contracts/node/row.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { Database } from '../../db/client.ts';
import { toNodeError } from '../../db/resilience/database-errors.ts';
import { recordReceipt } from '../../db/stores/node-liveness/receipt.ts';
import type { NodeReader } from '../../db/stores/registration/reader.ts';
import { jittered } from '../../domain/deadlines/intervals.ts';
import { askOrRow } from './ask-or-row.ts';
import { closedAck } from './closed-answers.ts';
import type { RegistrationEngine } from './engine.ts';

export interface AcknowledgeDeps {
  readonly engine: RegistrationEngine;
  readonly database: Database;
  readonly reader: NodeReader;
  readonly settings: () => NodeSettings;
  readonly random: () => number;
}

/** @throws ND013 or ND014 when the engine is away and no receipt could be kept; ND009-ND012 when the database is, too */
export async function acknowledge(deps: AcknowledgeDeps, ack: Ack): Promise<AckAnswer> {
  const receipt = await keepReceipt(deps.database, ack);
  const key = { entity_id: ack.node_id, domain: ack.domain };
  try {
    return await askOrRow(
      deps.reader,
      key,
      (options) => deps.engine.ack(ack, options),
      (node) => closedAck(node, ack),
    );
  } catch (error) {
    if (receipt.failure !== null) throw receipt.failure;
    if (receipt.kept && isUnreachable(error)) return recorded(deps, ack);
    throw error;
  }
}

interface Receipt {
  readonly kept: boolean;
  readonly failure: OmniBaseError | null;
}

/** Without an attempt id nothing says which offer is meant, so there is nothing to keep. */
async function keepReceipt(database: Database, { attempt_id, ...ack }: Ack): Promise<Receipt> {
  if (attempt_id === null) return { kept: false, failure: null };
  try {
    const { recorded: kept } = await recordReceipt(database, { ...ack, attempt_id });
    return { kept, failure: null };
  } catch (error) {
    // The workflow may still be reached, and judges by its own time.
    return { kept: false, failure: toNodeError(error) };
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof OmniBaseError && (error.code === 'ND013' || error.code === 'ND014');
}

async function recorded({ reader, settings, random }: AcknowledgeDeps, ack: Ack): Promise<AckAnswer> {
  const row = await reader.getEntityState(ack.node_id, { domain: ack.domain }).catch(() => null);
  const { heartbeat_interval_ms: interval, heartbeat_jitter_percent: jitter } = settings().registration;
  return {
    result: 'recorded',
    ...standing(row),
    ack_deadline: null,
    ack_in_ms: null,
    next_heartbeat_in_ms: jittered(interval, jitter, random),
    next: 'heartbeat',
    retry_after_ms: null,
    reason: { code: 'engine_unavailable', text: 'the acknowledgement is kept and will be applied' },
  };
}

function standing(row: NodeRow | null) {
  return {
    state: row?.current_state ?? null,
    epoch: row?.epoch ?? null,
    version: row?.version ?? null,
    attempt_id: row?.attempt_id ?? null,
    attempt_number: row?.attempt_number ?? null,
  };
}
