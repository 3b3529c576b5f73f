import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registrationStates } from '../../../../contracts/node/vocabulary.ts';
import {
  type EventIdentity,
  eventId,
  nameBasedUuid,
  parseRegistrationWorkflowId,
  registrationWorkflowId,
} from '../../../../domain/registration/ids.ts';

const dnsNamespace = '6ba7b8109dad11d180b400c04fd430c8';
const entity = '0a1b2c3d-0000-4000-8000-000000000001';
const first: EventIdentity = {
  workflow_id: registrationWorkflowId('registration', entity),
  epoch: 1,
  version: 1,
  cause: '0a1b2c3d-0000-4000-8000-0000000000ff',
  to_state: 'pending_registration',
};

describe('nameBasedUuid', () => {
  it('matches the example of RFC 9562', () => {
    expect(nameBasedUuid(Buffer.from(dnsNamespace, 'hex'), 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('matches what Node makes of the same bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const namespace = Buffer.from(dnsNamespace, 'hex');
        const hash = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16);
        hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
        hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
        expect(nameBasedUuid(namespace, name).replaceAll('-', '')).toBe(hash.toString('hex'));
      }),
    );
  });
});

describe('eventId', () => {
  it('is what it was in every release: stored events must stay known', () => {
    expect(eventId(first)).toBe('bcc0699d-c9b9-530f-92cc-8fc0e3569db8');
  });

  it('is equal for the same step', () => {
    expect(eventId({ ...first })).toBe(eventId(first));
  });

  it.each<[string, Partial<EventIdentity>]>([
    ['workflow', { workflow_id: registrationWorkflowId('other', entity) }],
    ['epoch', { epoch: 2 }],
    ['version', { version: 2 }],
    ['cause', { cause: entity }],
    ['missing cause', { cause: null }],
    ['target state', { to_state: 'accepted' }],
  ])('differs by %s', (_what, other) => {
    expect(eventId({ ...first, ...other })).not.toBe(eventId(first));
  });

  it('never reads two identities alike', () => {
    const identity = fc.record({
      workflow_id: fc.constantFrom('registration/a/1', 'registration/a/1,2', 'registration/a/"1"'),
      epoch: fc.nat({ max: 12 }),
      version: fc.nat({ max: 12 }),
      cause: fc.option(fc.constantFrom('', '1', '1,1', 'null', '"'), { nil: null }),
      to_state: fc.constantFrom(...registrationStates),
    });
    fc.assert(
      fc.property(identity, identity, (a, b) => {
        expect(eventId(a) === eventId(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe('registrationWorkflowId', () => {
  it('reads as a path, and back', () => {
    expect(registrationWorkflowId('fleet.eu:1', entity)).toBe(`registration/fleet.eu:1/${entity}`);
    expect(parseRegistrationWorkflowId(`registration/fleet.eu:1/${entity}`)).toEqual({
      domain: 'fleet.eu:1',
      entityId: entity,
    });
  });

  it.each([
    '',
    'registration',
    'registration/registration',
    `registration//${entity}`,
    `registration/a/${entity}/more`,
    `registration/a/${entity.toUpperCase()}`,
    'registration/a/not-a-uuid',
    `stage/ci/${entity}`,
  ])('is not %j', (id) => {
    expect(parseRegistrationWorkflowId(id)).toBeNull();
  });
});
