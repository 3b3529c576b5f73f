/**
 * The activities of the workflow `registration` (registration.md 9). Factories only: `registration/` has the steps. A
 * refusal of the projector travels as what it is; everything else is repeated until it works, because our own outage
 * decides nothing about a node.
 */
import type { RegistrationActivities } from '../contracts/node/workflow.ts';
import { OmniBaseError } from '../contracts/error.ts';
import { storeBeats } from '../db/stores/node-liveness/store-beats.ts';
import { toNodeError } from '../db/resilience/database-errors.ts';
import { toFailure } from './failure.ts';
import { decideAdmission } from './registration/admission.ts';
import { deliverOffer } from './registration/deliver-offer.ts';
import type { RegistrationActivityDeps } from './registration/deps.ts';
import { workflowSettings } from './registration/settings.ts';

export type { RegistrationActivityDeps, RegistrationObserver } from './registration/deps.ts';

/** Everything a control worker serves for registrations. */
export function createRegistrationActivities(deps: RegistrationActivityDeps): RegistrationActivities {
  return {
    loadRegistration: insisting(async ({ entity_id, domain }) => ({
      registration: await deps.projector.load(entity_id, domain),
      settings: workflowSettings(deps.settings()),
    })),
    decideAdmission: insisting((request) => decideAdmission(deps, request)),
    persistTransitions: insisting((write) => deps.projector.persist(write)),
    persistIf: insisting((request) => deps.projector.persistIf(request)),
    flushBeat: insisting(async ({ beat, age_ms }) => {
      const options = { path: 'signal', ages_ms: [age_ms], active_nodes: deps.activeNodes?.() ?? 0 } as const;
      const [stored] = await storeBeats(deps.database, [beat], deps.settings(), options);
      if (stored === undefined) throw new OmniBaseError('ND012', { details: { kind: 'MissingAnswer' } });
      deps.observer?.heartbeat?.('signal', stored.result);
      const { result, edge, next, last_heartbeat_at } = stored;
      return { result, edge, next, last_heartbeat_at };
    }),
    deliverOffer: insisting((offer) => deliverOffer(deps, offer)),
  };
}

/** What repeating cannot change: the write itself is wrong, or the row is another owner's. */
const refusals: ReadonlySet<string> = new Set(['ND001', 'ND005', 'ND006', 'ND007', 'ND008']);

function insisting<Request, Answer>(
  serve: (request: Request) => Promise<Answer>,
): (request: Request) => Promise<Answer> {
  return async (request) => {
    try {
      return await serve(request);
    } catch (error) {
      throw toRepeatable(error);
    }
  };
}

function toRepeatable(error: unknown): Error {
  const known = toNodeError(error);
  const retryable = !refusals.has(known.code);
  // While the circuit is open nothing is tried: the next try comes when the database may be asked again.
  const seconds = known.details?.['retry_after_seconds'];
  return toFailure(known, {
    retryable,
    ...(retryable && typeof seconds === 'number' ? { nextRetryDelayMs: seconds * 1000 } : {}),
  });
}
