/**
 * Reading nodes (registration.md 8): the only code that queries the projection, and the capability service on top of it.
 * Every call throws ND002 before any I/O when it is not understood, and ND009-ND012 when the database does not answer.
 */
import type {
  NodeDependency,
  NodeQuery,
  Page,
  PageRequest,
  SelectRequest,
  Selection,
  StateCounts,
  TransitionPage,
} from '../../../contracts/node/query.ts';
import type { NodeLivenessRow, NodeRow } from '../../../contracts/node/row.ts';
import type { ContractType, RegistrationState } from '../../../contracts/node/vocabulary.ts';
import type { EffectiveDeadlines } from '../node-liveness/effective-deadlines.ts';
import { countStates } from './reader/count-states.ts';
import { asksForCapability } from './reader/filters.ts';
import { type ListRequest, listNodes } from './reader/list-rows.ts';
import { listTransitions, type TransitionRequest } from './reader/list-transitions.ts';
import { byDeadline, byKey, newestFirst } from './reader/orders.ts';
import type { ReaderDeps } from './reader/question.ts';
import { type InDomain, readLiveness, readNode, readState } from './reader/read-node.ts';
import { findNodes, resolveDependency, type SelectOptions, selectNode } from './selection/capability-service.ts';
import type { CapabilityCriteria } from './selection/criteria.ts';

export type { ReaderDeps } from './reader/question.ts';
export type { SelectOptions } from './selection/capability-service.ts';
export type { CapabilityCriteria } from './selection/criteria.ts';

export type OverdueRequest = PageRequest & {
  /** RFC 3339: who would be overdue then; default now, by the database's clock. */
  readonly now?: string;
};

/** A page of one state, or of all when it is left out or null. */
export type InState = PageRequest & { readonly state?: RegistrationState | null };

export interface NodeReader {
  getEntityState(entityId: string, options?: InDomain): Promise<NodeRow | null>;
  getRegistrationStatus(entityId: string, options?: InDomain): Promise<RegistrationState | null>;
  /** Telemetry and what the hot path knows. */
  getLiveness(entityId: string, options?: InDomain): Promise<NodeLivenessRow | null>;
  /** Order H. */
  getByState(state: RegistrationState, page?: PageRequest): Promise<Page<NodeRow>>;
  /** Order H; S where a capability is asked for. */
  list(query?: NodeQuery): Promise<Page<NodeRow>>;
  /** Order D. Nothing while the path of a node is down. */
  getOverdueAckRegistrations(request?: OverdueRequest): Promise<Page<NodeRow>>;
  getOverdueLivenessRegistrations(request?: OverdueRequest): Promise<Page<NodeRow>>;
  /** @param domain default `registration`; null = all */
  countByState(domain?: string | null): Promise<StateCounts>;
  /** Order S, as all below. */
  getByCapabilityTag(tag: string, page?: InState): Promise<Page<NodeRow>>;
  getByIntentType(intent: string, page?: InState): Promise<Page<NodeRow>>;
  getByProtocol(protocol: string, page?: InState): Promise<Page<NodeRow>>;
  getByIntentTypes(intents: readonly string[], page?: InState): Promise<Page<NodeRow>>;
  getByCapabilityTagsAny(tags: readonly string[], page?: InState): Promise<Page<NodeRow>>;
  getByCapabilityTagsAll(tags: readonly string[], page?: InState): Promise<Page<NodeRow>>;
  getByContractType(type: ContractType, page?: InState): Promise<Page<NodeRow>>;
  getByCapability(fragment: Readonly<Record<string, unknown>>, page?: InState): Promise<Page<NodeRow>>;
  getByTopic(topic: string, direction: 'subscribe' | 'publish', page?: InState): Promise<Page<NodeRow>>;
  /** Newest first. */
  getTransitions(entityId: string, request?: TransitionRequest): Promise<TransitionPage>;
  find(criteria: CapabilityCriteria & PageRequest): Promise<Page<NodeRow>>;
  resolve(dependency: NodeDependency, options?: SelectOptions): Promise<NodeRow | null>;
  /** Null without candidates; strategy `first` unless another is given. */
  select(request: SelectRequest, options?: Pick<SelectOptions, 'random'>): Promise<Selection | null>;
}

export function createNodeReader(deps: ReaderDeps): NodeReader {
  const overdue = (
    method: string,
    column: 'p.ack_deadline' | 'p.liveness_deadline',
    due: (deadlines: EffectiveDeadlines) => string,
    { now, ...page }: OverdueRequest,
  ) => listNodes(deps, { method, page, order: byDeadline(column), due, now });

  const byCapability = (method: string, filter: ListRequest['filter'], { state, ...page }: InState) => {
    const states = state === undefined || state === null ? {} : { state: [state] };
    return listNodes(deps, { method, page, order: byKey, filter: { ...filter, ...states } });
  };

  return {
    getEntityState: (entityId, options) => readNode(deps, entityId, options),
    getRegistrationStatus: (entityId, options) => readState(deps, entityId, options),
    getLiveness: (entityId, options) => readLiveness(deps, entityId, options),
    getByState: (state, page = {}) =>
      listNodes(deps, { method: 'getByState', page, order: newestFirst, filter: { state: [state] } }),
    list: ({ domain, limit, cursor, ...filter } = {}) =>
      listNodes(deps, {
        method: 'list',
        page: pageOf(domain, limit, cursor),
        order: asksForCapability(filter) ? byKey : newestFirst,
        filter,
      }),
    getOverdueAckRegistrations: (request = {}) =>
      overdue('getOverdueAckRegistrations', 'p.ack_deadline', ({ ackOverdue }) => ackOverdue, request),
    getOverdueLivenessRegistrations: (request = {}) =>
      overdue('getOverdueLivenessRegistrations', 'p.liveness_deadline', (due) => due.livenessOverdue, request),
    countByState: (domain) => countStates(deps, domain),
    getByCapabilityTag: (tag, page = {}) => byCapability('getByCapabilityTag', { tag }, page),
    getByIntentType: (intent, page = {}) => byCapability('getByIntentType', { intent }, page),
    getByProtocol: (protocol, page = {}) => byCapability('getByProtocol', { protocol }, page),
    getByIntentTypes: (intents, page = {}) => byCapability('getByIntentTypes', { intents }, page),
    getByCapabilityTagsAny: (tags, page = {}) => byCapability('getByCapabilityTagsAny', { any_tag: tags }, page),
    getByCapabilityTagsAll: (tags, page = {}) => byCapability('getByCapabilityTagsAll', { all_tags: tags }, page),
    getByContractType: (type, page = {}) => byCapability('getByContractType', { contract_type: type }, page),
    getByCapability: (fragment, page = {}) => byCapability('getByCapability', { capability: fragment }, page),
    getByTopic: (topic, direction, page = {}) => byCapability('getByTopic', { topic, direction }, page),
    getTransitions: (entityId, request) => listTransitions(deps, entityId, request),
    find: (criteria) => findNodes(deps, criteria),
    resolve: (dependency, options) => resolveDependency(deps, dependency, options),
    select: (request, options) => selectNode(deps, request, options),
  };
}

function pageOf(domain: string | null | undefined, limit: number | undefined, cursor: string | undefined): PageRequest {
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}
