/**
 * The admission of a node (registration.md 3.4): its facts, our policy, and what the registry knows of the component it
 * names. With registry and cache both away nothing is decided: the call fails and is repeated.
 */
import { OmniBaseError } from '../../contracts/error.ts';
import type { FactsColumns } from '../../contracts/node/row.ts';
import type { AdmissionDecision, AdmissionRequest } from '../../contracts/node/workflow.ts';
import type { CallContext } from '../../contracts/registry.ts';
import { admit, type RegistryFacts } from '../../domain/registration/admission.ts';
import { deriveFacts } from '../../domain/registration/facts.ts';
import type { RegistrationActivityDeps } from './deps.ts';

/** How long the registry may take, with its cache, ms. */
const registryLimitMs = 3_000;

type AdmissionDeps = Pick<RegistrationActivityDeps, 'projector' | 'registry' | 'settings'>;

export async function decideAdmission(deps: AdmissionDeps, request: AdmissionRequest): Promise<AdmissionDecision> {
  const columns = await factsOf(deps, request);
  const registry = await registryFacts(deps, columns, request.message?.correlation_id ?? request.entity_id);
  return admit({ domain: request.domain, columns }, deps.settings().registration.admission, registry);
}

/** A retry is decided on the facts that are stored. */
async function factsOf(
  { projector }: AdmissionDeps,
  { message, entity_id, domain }: AdmissionRequest,
): Promise<FactsColumns> {
  if (message !== null) return deriveFacts(message).columns;
  const loaded = await projector.load(entity_id, domain);
  if (loaded === null) throw new OmniBaseError('ND003', { details: { id: entity_id, domain } });
  return loaded.row;
}

/** Answers of the registry that mean: there is no such component. */
const absent: ReadonlySet<string> = new Set(['RG001', 'RG008', 'RG013', 'QY002', 'QY003']);

async function registryFacts(
  { registry }: AdmissionDeps,
  { component_id, component_ref }: FactsColumns,
  correlationId: string,
): Promise<RegistryFacts> {
  const named = component_id ?? component_ref;
  if (named === null) return { component: null };
  const context: CallContext = {
    principal: { id: 'system:registration', kind: 'service', capabilities: ['registry.read'] },
    correlation_id: correlationId,
    deadline_ms: registryLimitMs,
  };
  try {
    const answer = await registry.lookup(named, { include_archived: true, include_prerelease: true }, context);
    const { name, version, lifecycle } = answer.data.metadata;
    return { component: { name, version, lifecycle } };
  } catch (error) {
    if (error instanceof OmniBaseError && absent.has(error.code)) return { component: null };
    throw error;
  }
}
