/**
 * The write probe of the heartbeat path (registration.md 6.4): the very statement that stores beats, in the same kind of
 * transaction, for a node that cannot exist. It fails where beats would: no connection, no right to write, a read-only
 * server, a table that is locked or is not what this build expects. The refresh of the shared row that follows it proves
 * that rows are really written.
 */
import type { Heartbeat } from '../../../contracts/node/messages.ts';
import { defaultNodeSettings } from '../../../contracts/node/settings.ts';
import type { Database } from '../../client.ts';
import { storeBeats } from './store-beats.ts';

/** Throws when a beat could not be stored at this moment. */
export async function probeHeartbeatPath(database: Database): Promise<void> {
  await storeBeats(database, [nobody], defaultNodeSettings, { path: 'gateway' });
}

const nobody: Heartbeat = {
  node_id: '00000000-0000-0000-0000-000000000000',
  // No message can name it: a domain begins with a letter or digit.
  domain: '_probe',
  timestamp: '1970-01-01T00:00:00Z',
  epoch: null,
  message_id: null,
  correlation_id: null,
  node_version: null,
  status: 'healthy',
  uptime_seconds: 0,
  active_operations_count: 0,
  memory_usage_mb: null,
  cpu_usage_percent: null,
  sequence: null,
  note: null,
};
