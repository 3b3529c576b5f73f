/** Beats as a node would send them, for tests. */
import { randomUUID } from 'node:crypto';
import type { Heartbeat } from '../../../../contracts/node/messages.ts';

export function beatOf(node_id: string, given: Partial<Heartbeat> = {}): Heartbeat {
  return {
    node_id,
    domain: 'registration',
    timestamp: new Date().toISOString(),
    epoch: null,
    message_id: randomUUID(),
    correlation_id: null,
    node_version: null,
    status: 'healthy',
    uptime_seconds: 10,
    active_operations_count: 0,
    memory_usage_mb: null,
    cpu_usage_percent: null,
    sequence: null,
    note: null,
    ...given,
  };
}
