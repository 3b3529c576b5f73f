import { describe, expect, it } from 'vitest';
import type { FactsColumns } from '../../../../contracts/node/row.ts';
import { type AdmissionPolicy, defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import { admissionCodes } from '../../../../contracts/node/vocabulary.ts';
import { admit, policyRevision, type RegistryFacts } from '../../../../domain/registration/admission.ts';
import { deriveFacts } from '../../../../domain/registration/facts.ts';
import { checkIntrospection } from '../../../../domain/registration/messages.ts';

const node = '0a1b2c3d-0000-4000-8000-000000000001';
const open = defaultNodeSettings.registration.admission;
const nothing: RegistryFacts = { component: null };
const billing = { name: 'billing', version: '1.4.0', lifecycle: 'active' };

function columns(more: object = {}): FactsColumns {
  const message = { correlation_id: node, node_id: node, node_type: 'effect', timestamp: '2026-01-02T03:04:05Z' };
  const checked = checkIntrospection({ ...message, ...more });
  if (!checked.ok) throw new TypeError(JSON.stringify(checked.issues));
  return deriveFacts(checked.value).columns;
}

function decide(more: object, policy: Partial<AdmissionPolicy>, registry = nothing, domain = 'registration') {
  return admit({ domain, columns: columns(more) }, { ...open, ...policy }, registry);
}

const component = { component: { name: 'billing', version: '1.4.0' } };
const capable = {
  declared_capabilities: { postgres: true, write: false },
  contract_capabilities: { capability_tags: ['billing'] },
};

describe('admit', () => {
  it('consents where nothing is asked for', () => {
    expect(decide({}, {})).toEqual({
      decision: 'accept',
      code: null,
      reason: null,
      policy_revision: policyRevision(open),
    });
  });

  it.each<[string, object, Partial<AdmissionPolicy>, RegistryFacts, string | null]>([
    ['a closed domain', {}, { closed_domains: ['registration'] }, nothing, 'domain_closed'],
    ['another closed domain', {}, { closed_domains: ['regis'] }, nothing, null],
    ['a type that is not listed', {}, { node_types: ['compute'] }, nothing, 'node_type_not_allowed'],
    ['a type that is', {}, { node_types: ['compute', 'effect'] }, nothing, null],
    [
      'a version below',
      { node_version: '1.9.0' },
      { minimum_versions: { effect: '1.10.0' } },
      nothing,
      'version_below_minimum',
    ],
    [
      'a prerelease of it',
      { node_version: '1.10.0-rc.1' },
      { minimum_versions: { effect: '1.10.0' } },
      nothing,
      'version_below_minimum',
    ],
    ['the version itself', { node_version: '1.10.0+build' }, { minimum_versions: { effect: '1.10.0' } }, nothing, null],
    ['a minimum of another type', {}, { minimum_versions: { reducer: '9.0.0' } }, nothing, null],
    [
      'a number that cannot be compared',
      { node_version: '99999999999999999999.0.0' },
      { minimum_versions: { effect: '1.0.0' } },
      nothing,
      'version_below_minimum',
    ],
    ['a minimum that is no version', {}, { minimum_versions: { effect: 'latest' } }, nothing, 'version_below_minimum'],
    [
      'a component below',
      component,
      { minimum_component_versions: { billing: '1.4.1' } },
      { component: billing },
      'version_below_minimum',
    ],
    [
      'a component of that version',
      component,
      { minimum_component_versions: { billing: '1.4.0' } },
      { component: billing },
      null,
    ],
    [
      'a component named like a member of every object',
      component,
      {},
      { component: { ...billing, name: 'constructor' } },
      null,
    ],
    [
      'a component that is not registered',
      component,
      { minimum_component_versions: { billing: '9.0.0' } },
      nothing,
      'component_not_found',
    ],
    ['a component id that is not', { component: { id: node } }, {}, nothing, 'component_not_found'],
    ['no component where one is required', {}, { require_component: true }, nothing, 'component_not_found'],
    ['a component where one is required', component, { require_component: true }, { component: billing }, null],
    [
      'an archived component',
      component,
      {},
      { component: { ...billing, lifecycle: 'archived' } },
      'component_archived',
    ],
    ['a deprecated component', component, {}, { component: { ...billing, lifecycle: 'deprecated' } }, null],
    ['a forbidden flag', capable, { forbidden_capabilities: ['postgres'] }, nothing, 'capability_forbidden'],
    ['a forbidden flag that is false', capable, { forbidden_capabilities: ['write'] }, nothing, null],
    ['a forbidden tag', capable, { forbidden_capabilities: ['x', 'billing'] }, nothing, 'capability_forbidden'],
    ['a forbidden type, as tag', capable, { forbidden_capabilities: ['node.effect'] }, nothing, 'capability_forbidden'],
    [
      'a missing capability',
      capable,
      { required_capabilities: ['billing', 'audit'] },
      nothing,
      'capability_required_missing',
    ],
    [
      'a capability that is false',
      capable,
      { required_capabilities: ['write'] },
      nothing,
      'capability_required_missing',
    ],
    ['what is required', capable, { required_capabilities: ['billing', 'postgres'] }, nothing, null],
  ])('judges %s', (_what, more, policy, registry, code) => {
    const decision = decide(more, policy, registry);
    expect(decision).toMatchObject({ decision: code === null ? 'accept' : 'reject', code });
    expect(decision.reason === null).toBe(code === null);
  });

  it('names the first failure in the order of the page', () => {
    let policy: AdmissionPolicy = {
      closed_domains: ['registration'],
      node_types: ['compute'],
      minimum_versions: { effect: '9.0.0' },
      minimum_component_versions: {},
      require_component: true,
      forbidden_capabilities: ['billing'],
      required_capabilities: ['audit'],
    };
    let registry = nothing;
    const mended: readonly (() => void)[] = [
      () => (policy = { ...policy, closed_domains: [] }),
      () => (policy = { ...policy, node_types: [] }),
      () => (policy = { ...policy, minimum_versions: {} }),
      () => (registry = { component: { ...billing, lifecycle: 'archived' } }),
      () => (registry = { component: billing }),
      () => (policy = { ...policy, forbidden_capabilities: [] }),
      () => (policy = { ...policy, required_capabilities: [] }),
    ];
    const codes = mended.map((mend) => {
      const { code } = decide({ ...component, ...capable }, policy, registry);
      mend();
      return code;
    });
    expect(codes).toEqual([...admissionCodes]);
    expect(decide({ ...component, ...capable }, policy, registry).decision).toBe('accept');
  });

  it('keeps its reason within 1024 characters', () => {
    const { reason } = decide({}, { required_capabilities: Array.from({ length: 50 }, () => '😀'.repeat(25)) });
    expect(reason?.length).toBe(1024);
    expect(reason?.isWellFormed()).toBe(true);
  });
});

describe('policyRevision', () => {
  it('is 16 hex digits, whatever the order of members', () => {
    expect(policyRevision(open)).toMatch(/^[0-9a-f]{16}$/);
    const reversed = Object.fromEntries(Object.entries(open).toReversed()) as unknown as AdmissionPolicy;
    expect(policyRevision(reversed)).toBe(policyRevision(open));
  });

  it('differs by content', () => {
    expect(policyRevision({ ...open, require_component: true })).not.toBe(policyRevision(open));
  });
});
