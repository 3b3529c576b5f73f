import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../contracts/registry.ts';
import { grantedResources, isGranted, type RegistryAction } from '../../../registry/access/grants.ts';

const principal = (...capabilities: string[]): Principal => ({ id: 'p', kind: 'user', capabilities });

describe('a capability', () => {
  const actions: readonly RegistryAction[] = ['registry.read', 'registry.write', 'admin'];
  it.each([
    ['registry.read', ['registry.read']],
    ['REGISTRY_READ', ['registry.read']],
    ['registry.write', ['registry.read', 'registry.write']],
    ['REGISTRY_WRITE', ['registry.read', 'registry.write']],
    ['admin', actions],
    ['REGISTRY_ADMIN', actions],
    ['*', actions],
    ['stage.run', []],
    ['Registry.Read', []],
    ['registry', []],
    ['', []],
    ['constructor', []],
    ['__proto__', []],
  ])('%s grants %j', (capability, granted) => {
    expect(actions.filter((action) => isGranted(principal(capability), action, null))).toEqual(granted);
    expect(actions.filter((action) => isGranted(principal(capability), action, 'tool/a.b'))).toEqual(granted);
  });

  it('with a resource grants that only', () => {
    const some = principal('registry.write:tool/a.*', 'registry.read:model/*');
    expect(grantedResources(some, 'registry.read')).toEqual(['tool/a.*', 'model/*']);
    expect(grantedResources(some, 'registry.write')).toEqual(['tool/a.*']);
    expect(grantedResources(some, 'admin')).toEqual([]);
    expect(isGranted(some, 'registry.write', null)).toBe(true);
    expect(isGranted(some, 'admin', null)).toBe(false);
    expect(isGranted(some, 'registry.write', 'tool/a.x')).toBe(true);
    expect(isGranted(some, 'registry.write', 'model/a.x')).toBe(false);
    expect(isGranted(some, 'registry.read', 'model/a.x')).toBe(true);
  });

  it('without a resource beats those with one', () => {
    expect(grantedResources(principal('registry.read:tool/*', 'registry.read'), 'registry.read')).toBeNull();
  });

  it('on an empty resource grants nothing that exists', () => {
    expect(isGranted(principal('registry.read:'), 'registry.read', 'tool/a.b')).toBe(false);
  });
});
