/** Records as the caches get them, without a database. */
import type { ComponentRecord } from '../../../../contracts/component.ts';
import { normalise } from '../../../../domain/component/normalise.ts';

/** A valid record; the same arguments give the same one. */
export function recordOf(number: number, revision = 1, more: Record<string, unknown> = {}): ComponentRecord {
  const { metadata, issues } = normalise({
    uuid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    name: `component-${number}`,
    version: '1.0.0',
    type: 'model',
    namespace: 'team',
    author: 'tests',
    created_at: '2026-01-01T00:00:00Z',
    description: `revision ${revision} of ${number}`,
    ...more,
  });
  if (metadata === null) throw new Error(JSON.stringify(issues));
  const at = '2026-01-01T00:00:00.000Z';
  return {
    metadata,
    registry: {
      revision,
      fingerprint: 'a'.repeat(64),
      trust_level: 'unverified',
      quarantined: false,
      wip: false,
      source: { kind: 'api', ref: '' },
      registered_at: at,
      updated_at: at,
    },
  };
}

export const identity = { registry_id: '11111111-1111-4111-8111-111111111111', epoch: 1 };
