/** Checks of what the product's own parts say to a workflow: the gateway's status edge, the sweeper's poke. */
import type { Poke, StatusEdge } from '../../../contracts/node/messages.ts';
import { pokeKinds, reportedStatuses } from '../../../contracts/node/vocabulary.ts';
import { type Checked, checkMessage } from './check.ts';
import { flag, integer, oneOf, orNull, uuid } from './rules.ts';
import { timestamp } from './timestamp.ts';

/** Checks a status edge: the beat behind it is stored already. */
export function checkStatusEdge(value: unknown): Checked<StatusEdge> {
  return checkMessage(value, edgeFields, (edge) => ({
    message_id: edge.required('message_id', uuid),
    correlation_id: edge.optional('correlation_id', uuidOrNull, null),
    epoch: edge.required('epoch', fromOne),
    status: edge.required('status', status),
    first: edge.required('first', flag),
    received_at: edge.required('received_at', timestamp),
  }));
}

/** Checks a poke. */
export function checkPoke(value: unknown): Checked<Poke> {
  return checkMessage(value, pokeFields, (poke) => ({
    kind: poke.required('kind', kind),
    epoch: poke.required('epoch', fromZero),
    incident_id: poke.required('incident_id', uuidOrNull),
  }));
}

const edgeFields: ReadonlySet<string> = new Set<keyof StatusEdge>([
  'message_id',
  'correlation_id',
  'epoch',
  'status',
  'first',
  'received_at',
]);
const pokeFields: ReadonlySet<string> = new Set<keyof Poke>(['kind', 'epoch', 'incident_id']);

const fromZero = integer(0);
const fromOne = integer(1);
const status = oneOf(reportedStatuses);
const kind = oneOf(pokeKinds);
const uuidOrNull = orNull(uuid);
