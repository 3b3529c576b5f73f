/** Check of one heartbeat (registration.md 4.2), the hottest of all: about a microsecond. */
import type { Heartbeat } from '../../../contracts/node/messages.ts';
import { defaultNodeDomain, reportedStatuses } from '../../../contracts/node/vocabulary.ts';
import { type Checked, checkMessage, type MessageDefaults } from './check.ts';
import { amount, freeText, integer, measure, nodeDomain, oneOf, semanticVersion, uuid } from './rules.ts';
import { timestamp } from './timestamp.ts';

/** Checks a beat; what was left out becomes null, a missing correlation id the one in `defaults`. */
export function checkHeartbeat(value: unknown, defaults: MessageDefaults = {}): Checked<Heartbeat> {
  return checkMessage(value, fields, (beat) => ({
    node_id: beat.required('node_id', uuid),
    domain: beat.optional('domain', nodeDomain, defaultNodeDomain),
    timestamp: beat.required('timestamp', timestamp),
    epoch: beat.nullable('epoch', fromOne),
    message_id: beat.nullable('message_id', uuid),
    correlation_id: beat.nullable('correlation_id', uuid) ?? defaults.correlation_id ?? null,
    node_version: beat.nullable('node_version', semanticVersion),
    status: beat.optional('status', status, 'healthy'),
    uptime_seconds: beat.required('uptime_seconds', amount),
    active_operations_count: beat.optional('active_operations_count', operations, 0),
    memory_usage_mb: beat.nullable('memory_usage_mb', megabytes),
    cpu_usage_percent: beat.nullable('cpu_usage_percent', percent),
    sequence: beat.nullable('sequence', fromZero),
    note: beat.nullable('note', note),
  }));
}

const fields: ReadonlySet<string> = new Set<keyof Heartbeat>([
  'node_id',
  'domain',
  'timestamp',
  'epoch',
  'message_id',
  'correlation_id',
  'node_version',
  'status',
  'uptime_seconds',
  'active_operations_count',
  'memory_usage_mb',
  'cpu_usage_percent',
  'sequence',
  'note',
]);

const fromZero = integer(0);
const fromOne = integer(1);
/** The column is an `int`. */
const operations = integer(0, 2_147_483_647);
const status = oneOf(reportedStatuses);
const megabytes = measure();
const percent = measure(100);
const note = freeText(256);
