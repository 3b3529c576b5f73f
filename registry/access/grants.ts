/**
 * What a principal may do in the registry (registry.md 11.1). A capability is `TYPE[:RESOURCE]`: `registry.read`,
 * `registry.write`, `admin`, or an alias in capitals; `*` is all of them. Admin includes write, write includes read.
 * RESOURCE is a glob on `type/namespace.name`; none means every component. Whatever is not granted is denied.
 */
import type { Principal } from '../../contracts/registry.ts';
import { globMatcher, parseResourceGlob } from '../../domain/search/globs.ts';

export type RegistryAction = 'registry.read' | 'registry.write' | 'admin';

const aliases: Readonly<Record<string, RegistryAction>> = {
  REGISTRY_READ: 'registry.read',
  REGISTRY_WRITE: 'registry.write',
  REGISTRY_ADMIN: 'admin',
};

/** What includes what. */
const included: Readonly<Record<RegistryAction, readonly RegistryAction[]>> = {
  'registry.read': ['registry.read'],
  'registry.write': ['registry.write', 'registry.read'],
  admin: ['admin', 'registry.write', 'registry.read'],
};

/** Globs of the resources on which `action` is granted; null when it is granted on all, empty when on none. */
export function grantedResources(principal: Principal, action: RegistryAction): readonly string[] | null {
  const globs: string[] = [];
  for (const capability of principal.capabilities) {
    const { type, resource } = parseCapability(capability);
    if (type !== '*' && !includes(type, action)) continue;
    if (resource === null) return null;
    globs.push(resource);
  }
  return globs;
}

/** Whether `action` is granted: on this resource, or, without one, on any resource at all. */
export function isGranted(principal: Principal, action: RegistryAction, resource: string | null): boolean {
  const globs = grantedResources(principal, action);
  if (globs === null) return true;
  return resource === null ? globs.length > 0 : globs.some((glob) => globMatcher(parseResourceGlob(glob))(resource));
}

function parseCapability(capability: string): { readonly type: string; readonly resource: string | null } {
  const colon = capability.indexOf(':');
  const type = colon === -1 ? capability : capability.slice(0, colon);
  const resource = colon === -1 ? null : capability.slice(colon + 1);
  return { type: aliases[type] ?? type, resource };
}

function includes(type: string, action: RegistryAction): boolean {
  return Object.hasOwn(included, type) && (included[type as RegistryAction] ?? []).includes(action);
}
