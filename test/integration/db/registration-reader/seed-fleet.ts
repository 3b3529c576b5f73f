/** A fleet of the size that the goals speak of (registration.md 12), straight into the tables. */
import type { Database } from '../../../../db/client.ts';

/**
 * Nodes of which all but one in fifty are active. Every node has the tag `node.effect`, one in 200 shares `tag-<n>`, one
 * in 20 its intent and protocol. Coarse deadlines of `stale` of a hundred have passed while beats renewed the truth, as
 * between two sweeps.
 */
export async function seedFleet(database: Database, count: number, stale = 5): Promise<void> {
  await database.pool.query({
    text: `
      INSERT INTO registration_projections (entity_id, domain, current_state, state_entered_at, node_type, node_name,
        capabilities, capability_sources, contract_type, intent_types, protocols, capability_tags, subscribe_topics,
        publish_topics, endpoints, metadata, facts_hash, epoch, version, attempt_id, attempt_number, attempt_started_at,
        ack_deadline, liveness_deadline, last_heartbeat_at, rejection_reason, last_applied_event_id, registered_at, updated_at)
      SELECT md5('node' || n)::uuid, 'registration', state, now() - interval '1 h', 'effect', 'node-' || n,
        jsonb_build_object('read', true, 'shard', n % 200, 'config', jsonb_build_object('text', repeat('x', 200))),
        jsonb_build_object('declared', jsonb_build_object('read', true, 'shard', n % 200)), 'effect',
        ARRAY['intent-' || n % 20, 'http.get'], ARRAY['protocol-' || n % 20], ARRAY['node.effect', 'tag-' || n % 200],
        jsonb_build_array('topic-' || n % 200), jsonb_build_array('topic-' || (n + 1) % 200),
        '{"control": "http://127.0.0.1:9000/control"}', jsonb_build_object('region', 'r' || n % 3, 'note', repeat('y', 300)),
        repeat('a', 64), 1, 5, gen_random_uuid(), 1, now() - interval '1 h',
        CASE WHEN state = 'awaiting_ack' THEN now() + interval '20 s' END,
        CASE WHEN state = 'active' AND n % 100 < $2 THEN now() - interval '1 s'
             WHEN state = 'active' THEN now() + interval '60 s' END,
        CASE WHEN state = 'active' THEN now() - interval '31 s' END,
        CASE WHEN state = 'rejected' THEN 'no' END, gen_random_uuid(), now() - interval '1 d',
        now() - n * interval '1 second'
        FROM generate_series(1, $1) AS n,
             LATERAL (SELECT (CASE WHEN n % 100 = 98 THEN 'rejected' WHEN n % 100 = 99 THEN 'awaiting_ack' ELSE 'active' END)::registration_state AS state) s`,
    values: [count, stale],
  });
  await database.pool.query(`
      INSERT INTO node_liveness (entity_id, domain, epoch, attempt_id, state, state_entered_at, interval_ms, window_ms,
        last_heartbeat_at, beats_since_active, reported_status, uptime_seconds, active_operations_count, cpu_usage_percent)
      SELECT entity_id, domain, epoch, attempt_id, current_state, state_entered_at, 30000, 90000,
        CASE WHEN current_state = 'active' THEN now() - random() * interval '30 s' END,
        CASE WHEN current_state = 'active' THEN 100 ELSE 0 END, 'healthy', 3000, (random() * 100)::int, random() * 100
        FROM registration_projections`);
  await database.pool.query(`
      INSERT INTO component_liveness (component, instance, up_since, last_seen_at)
      VALUES ('ingest', 'shared', now() - interval '1 h', now() + interval '1 h'),
             ('sweep', 'shared', now() - interval '1 h', now() + interval '1 h')`);
  await database.pool.query('VACUUM ANALYZE registration_projections, node_liveness, component_liveness');
}
