/** The one place where the registry asks whether a caller may do something (registry.md 11.1). Deny by default. */
import { OmniBaseError } from '../../contracts/error.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { isGranted, type RegistryAction } from '../access/grants.ts';
import type { Runtime } from './runtime.ts';

/**
 * @param resource `type/namespace.name`; null asks whether the action is granted on anything at all
 * @throws SX001 when it is not; the call that surrounds this one writes the audit row
 */
export function authorise(
  runtime: Runtime,
  { principal }: CallContext,
  action: RegistryAction,
  resource: string | null = null,
): void {
  const granted = isGranted(principal, action, resource);
  runtime.observer.authorization(action, granted ? 'allowed' : 'denied');
  if (granted) return;
  const capability = resource === null ? action : `${action}:${resource}`;
  throw new OmniBaseError('SX001', { details: { capability, principal: principal.id } });
}

/** Whether a caller holds `admin` for a resource: some refusals can be overridden by it. */
export function isAdmin({ principal }: CallContext, resource: string): boolean {
  return isGranted(principal, 'admin', resource);
}
