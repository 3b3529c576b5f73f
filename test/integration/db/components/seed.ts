/** Many components at once, straight into the tables: for tests of plans, where only numbers matter. */
import type { Database } from '../../../../db/client.ts';

export async function seedComponents(database: Database, count: number): Promise<void> {
  await database.pool.query({
    text: `
      INSERT INTO components (uuid, type, namespace, name, version, version_key, version_core, is_prerelease, lifecycle,
        status, idempotent, tags, provides, capabilities_required, profiles, source_kind, source_ref, search_text,
        document, raw, fingerprint, revision, updated_at)
      SELECT u.uuid, 'validator', 'team-' || n % 20, 'component-' || n, '1.0.0', 'a1a0a0~', '1.0.0', false, 'active',
        'active', false, ARRAY['tag-' || n % 200, 'tag-' || (n + 7) % 200], '{}', '{}', '{}', 'api', '',
        'component-' || n || E'\\nteam-' || n % 20 || E'\\nchecks ' || md5(n::text),
        jsonb_build_object('uuid', u.uuid, 'lifecycle', 'active', 'name', 'component-' || n), '{}', repeat('a', 64), 1,
        now() - n * interval '1 second'
        FROM generate_series(1, $1) AS n,
             LATERAL (SELECT lpad(to_hex(n), 32, '0')::uuid AS uuid) u`,
    values: [count],
  });
  await database.pool.query({
    text: `
      INSERT INTO component_dependencies (from_uuid, ordinal, kind, target_uuid, target_name, version_spec, ranges, required, external, detail)
      SELECT lpad(to_hex(n), 32, '0')::uuid, 0, 'depends_on',
             CASE WHEN n % 2 = 0 THEN lpad(to_hex(n - 1), 32, '0')::uuid END,
             CASE WHEN n % 2 = 1 THEN 'component-' || n - 1 END, '*',
             '[{"lo": null, "lo_inclusive": false, "hi": null, "hi_inclusive": false, "prerelease_cores": []}]', true, false, '{}'
        FROM generate_series(2, $1) AS n`,
    values: [count],
  });
  await database.pool.query({
    text: `
      INSERT INTO registry_changes (epoch, txid, op, uuid, revision, type, namespace, name, version, principal, correlation_id)
      SELECT 1, n, 'registered', lpad(to_hex(n), 32, '0')::uuid, 1, 'validator', 'team', 'component-' || n, '1.0.0', 'p', 'c'
        FROM generate_series(1, $1) AS n`,
    values: [count],
  });
  await database.pool.query('VACUUM ANALYZE components, component_dependencies, registry_changes');
}
