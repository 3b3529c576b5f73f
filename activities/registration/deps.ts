/** What the activities of registrations work with; `workers/` brings it. */
import type { NodeSettings } from '../../contracts/node/settings.ts';
import type { RegistryApi } from '../../contracts/registry.ts';
import type { Database } from '../../db/client.ts';
import type { Projector } from '../../db/stores/registration/projector.ts';

/** Hears what the activities see themselves; workflows tell the rest by the sinks of their worker. */
export interface RegistrationObserver {
  /** A beat that came by signal was stored or refused. */
  heartbeat?(path: 'signal', result: string): void;
  /** An offer was posted to a node, or could not be. */
  delivered?(result: 'delivered' | 'no_endpoint' | 'not_allowed' | 'failed'): void;
}

export interface RegistrationActivityDeps {
  readonly projector: Pick<Projector, 'load' | 'persist' | 'persistIf'>;
  readonly registry: Pick<RegistryApi, 'lookup'>;
  readonly database: Database;
  /** Read at every call, so a change of settings holds at once. */
  readonly settings: () => NodeSettings;
  readonly observer?: RegistrationObserver;
  /** Active nodes as the last sweep counted them: a large fleet is told longer intervals. Default 0. */
  readonly activeNodes?: () => number;
  /** Networks (CIDR) where `control` endpoints may be, beside loopback. Default none. */
  readonly allowedNetworks?: readonly string[];
}
