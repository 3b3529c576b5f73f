/** Activities of registrations: what is repeated, what is refused, and how a node is admitted (registration.md 3.4, 7). */
import { describe, expect, it } from 'vitest';
import { createRegistrationActivities } from '../../../../activities/registration.ts';
import { OmniBaseError } from '../../../../contracts/error.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { introspection, loadedFrom, memoryIn, nodeId } from '../../domain/registration/decide/support.ts';

const settings = {
  ...defaultNodeSettings,
  registration: {
    ...defaultNodeSettings.registration,
    admission: { ...defaultNodeSettings.registration.admission, minimum_component_versions: { tool: '2.0.0' } },
  },
};

type Lookup = (ref: string, options: object) => Promise<{ data: { metadata: object } }>;

function activities(script: { lookup?: Lookup; load?: () => Promise<unknown>; persist?: () => Promise<never> } = {}) {
  return createRegistrationActivities({
    projector: {
      load: script.load ?? (() => Promise.resolve(null)),
      persist: script.persist ?? (() => Promise.reject(new Error('not scripted'))),
      persistIf: () => Promise.reject(new Error('not scripted')),
    } as never,
    registry: { lookup: script.lookup ?? (() => Promise.reject(new OmniBaseError('RG001'))) } as never,
    database: {
      pool: { connect: () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })) },
    } as never,
    settings: () => settings,
  });
}

const key = { entity_id: nodeId, domain: 'registration' };
const request = (component: unknown, message = introspection({ component })) => ({ ...key, epoch: 1, message });

describe('admission', () => {
  it('asks the registry for the component as the node names it, archived ones too', async () => {
    const asked: unknown[] = [];
    const lookup: Lookup = (ref, options) => {
      asked.push([ref, options]);
      return Promise.resolve({ data: { metadata: { name: 'tool', version: '1.0.0', lifecycle: 'stable' } } });
    };
    const { decideAdmission } = activities({ lookup });
    expect(await decideAdmission(request({ name: 'tool', version: '1.0.0' }))).toMatchObject({
      code: 'version_below_minimum',
    });
    expect(await decideAdmission(request({ id: nodeId }))).toMatchObject({ decision: 'reject' });
    expect(asked).toEqual([
      ['tool@1.0.0', { include_archived: true, include_prerelease: true }],
      [nodeId, { include_archived: true, include_prerelease: true }],
    ]);
  });

  it('asks nobody for a node that names none', async () => {
    const { decideAdmission } = activities({ lookup: () => Promise.reject(new Error('asked')) });
    expect(await decideAdmission(request(null))).toMatchObject({ decision: 'accept', code: null });
  });

  it.each(['RG001', 'RG008', 'RG013', 'QY002', 'QY003'] as const)(
    'takes %s for: there is no such component',
    async (code) => {
      const { decideAdmission } = activities({ lookup: () => Promise.reject(new OmniBaseError(code)) });
      expect(await decideAdmission(request({ name: 'tool', version: '1.0.0' }))).toMatchObject({
        code: 'component_not_found',
      });
    },
  );

  it('decides nothing while the registry is away', async () => {
    const { decideAdmission } = activities({ lookup: () => Promise.reject(new OmniBaseError('RG016')) });
    await expect(decideAdmission(request({ name: 'tool', version: '1.0.0' }))).rejects.toMatchObject({
      type: 'RegistryUnavailableError',
      nonRetryable: false,
    });
  });

  it('of a retry reads the facts of the row, and waits for a row that is not there', async () => {
    const stored = loadedFrom(memoryIn('pending_registration'), { component_ref: 'tool@1.0.0' });
    const retry = { ...key, epoch: 2, message: null };
    expect(await activities({ load: () => Promise.resolve(stored) }).decideAdmission(retry)).toMatchObject({
      code: 'component_not_found',
    });
    await expect(activities().decideAdmission(retry)).rejects.toMatchObject({ nonRetryable: false });
  });
});

describe('a failure', () => {
  const persisting = (failure: Error) =>
    activities({ persist: () => Promise.reject(failure) }).persistTransitions({} as never);

  it.each(['ND001', 'ND005', 'ND006', 'ND007', 'ND008'] as const)('%s is a refusal', async (code) => {
    await expect(persisting(new OmniBaseError(code))).rejects.toMatchObject({
      nonRetryable: true,
      details: [{ code }],
    });
  });

  it.each(['ND009', 'ND010', 'ND012', 'OB001'] as const)('%s is repeated', async (code) => {
    await expect(persisting(new OmniBaseError(code))).rejects.toMatchObject({ nonRetryable: false });
  });

  it('of our own making is repeated, and seen', async () => {
    await expect(persisting(new TypeError('a defect'))).rejects.toMatchObject({
      nonRetryable: false,
      type: 'ProjectionError',
    });
  });

  it('of an open circuit is repeated when it may close', async () => {
    const open = new OmniBaseError('ND011', { details: { circuit_state: 'open', retry_after_seconds: 7 } });
    await expect(persisting(open)).rejects.toMatchObject({ nonRetryable: false, nextRetryDelay: 7_000 });
  });

  it('of a flush is repeated', async () => {
    const beat = { node_id: nodeId, domain: 'registration' } as never;
    await expect(activities().flushBeat({ beat, age_ms: 0 })).rejects.toMatchObject({
      type: 'DatabaseConnectionError',
    });
  });
});

it('a workflow gets its settings without the policy', async () => {
  const { registration, settings: told } = await activities().loadRegistration(key);
  expect(registration).toBeNull();
  expect(told).toMatchObject({ ack_timeout_ms: 30_000, mode: 'precise', backstop_ms: 1_800_000 });
  expect(told).not.toHaveProperty('admission');
});
