import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestRegistry, context, type TestRegistry } from '../registry/support/registry.ts';
import { validatorDocument } from '../registry/support/documents.ts';

let test: TestRegistry;
let uuid: string;

beforeAll(async () => {
  test = await openTestRegistry();
  const document = validatorDocument('constrained');
  ({ uuid } = document);
  await test.registry.register(document, {}, context());
});

afterAll(() => test.close());

it.each([
  [
    'an unknown lifecycle',
    `lifecycle = 'retired', document = document || '{"lifecycle": "retired"}'`,
    'components_lifecycle_known',
  ],
  ['an unknown status', `status = 'asleep'`, 'components_status_known'],
  ['an unknown trust level', `trust_level = 'total'`, 'components_trust_known'],
  ['an unknown kind of source', `source_kind = 'rumour'`, 'components_source_known'],
  ['revision 0', 'revision = 0', 'components_revision_positive'],
  ['a fingerprint that is none', `fingerprint = repeat('G', 64)`, 'components_fingerprint_hex'],
  [
    'deprecated without a replacement',
    `lifecycle = 'deprecated', document = document || '{"lifecycle": "deprecated"}'`,
    'components_deprecated_has_replacement',
  ],
  [
    'archived without a reason',
    `lifecycle = 'archived', document = document || '{"lifecycle": "archived"}'`,
    'components_archived_has_reason',
  ],
  ['a column that disagrees with the document', `lifecycle = 'draft'`, 'components_document_agrees'],
])('the database refuses %s', async (_what, assignment, constraint) => {
  await expect(test.database.pool.query(`UPDATE components SET ${assignment} WHERE uuid = $1`, [uuid])).rejects.toThrow(
    constraint,
  );
});

it('keeps one row of identity', async () => {
  await expect(test.database.pool.query('INSERT INTO registry_meta DEFAULT VALUES')).rejects.toThrow(
    'registry_meta_pkey',
  );
  await expect(test.database.pool.query('INSERT INTO registry_meta (singleton) VALUES (false)')).rejects.toThrow(
    'registry_meta_one_row',
  );
});

it('refuses an edge to nothing', async () => {
  const edge = `INSERT INTO component_dependencies (from_uuid, ordinal, kind, version_spec, ranges, required, external, detail)
                VALUES ($1, 9, 'depends_on', '*', '[]', true, $2, '{}')`;
  await expect(test.database.pool.query(edge, [uuid, false])).rejects.toThrow('component_dependencies_target_given');
  await expect(test.database.pool.query(edge, [uuid, true])).resolves.toBeDefined();
});
