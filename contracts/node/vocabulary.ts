/**
 * Words of node registration (registration.md 2-4): one list per vocabulary, its type beside it.
 *
 * Glossary: a **node** is a long-lived process that offers capabilities, known by its **entity id** within a **domain**;
 * an **attempt** is one run of the handshake, its ordinal the **epoch**; a **step** is one applied change, counted by
 * **version** inside the epoch; a **beat** is one heartbeat; a **status edge** a beat that changes the reported status,
 * or the first after activation; a **marker** is the proof that a time-out of this epoch was announced; the **path** is
 * how a node beats; the **receipt** is the gateway's durable note that an ack arrived.
 */

/** The eight states, in the order of the enum `registration_state` in Postgres. */
export const registrationStates = [
  'pending_registration',
  'accepted',
  'awaiting_ack',
  'rejected',
  'ack_timed_out',
  'ack_received',
  'active',
  'liveness_expired',
] as const;
export type RegistrationState = (typeof registrationStates)[number];

export const nodeTypes = ['effect', 'compute', 'reducer', 'orchestrator'] as const;
export type NodeType = (typeof nodeTypes)[number];

export const contractTypes = [...nodeTypes, 'unknown'] as const;
export type ContractType = (typeof contractTypes)[number];

/** What a node says of itself, best first. */
export const reportedStatuses = ['healthy', 'degraded', 'unhealthy'] as const;
export type ReportedStatus = (typeof reportedStatuses)[number];

/** Why a node introspects. `heartbeat` is accepted in messages and read as `request`. */
export const introspectionReasons = ['startup', 'request', 'capability_change', 'health_change', 'shutdown'] as const;
export type IntrospectionReason = (typeof introspectionReasons)[number];

export const transitionKinds = ['epoch_start', 'edge', 'retry', 'refresh', 'import'] as const;
export type TransitionKind = (typeof transitionKinds)[number];

export const nodePaths = ['gateway', 'signal'] as const;
export type NodePath = (typeof nodePaths)[number];

export const expiryReasons = ['missed_heartbeats', 'deregistered', 'operator'] as const;
export type ExpiryReason = (typeof expiryReasons)[number];

export const orderingModes = ['workflow', 'sequence', 'offset'] as const;
export type OrderingMode = (typeof orderingModes)[number];

export const dataProvenances = ['demo', 'imported', 'measured', 'estimated', 'unknown'] as const;
export type DataProvenance = (typeof dataProvenances)[number];

/** What a node should do next; part of every answer. */
export const nextSteps = ['ack', 'heartbeat', 'wait', 'introspect', 'stop'] as const;
export type NextStep = (typeof nextSteps)[number];

export const introspectionResults = [
  'started',
  'joined',
  'refreshed',
  'unchanged',
  'refused_change',
  'rejected',
  'deciding',
  'duplicate',
  'deregistered',
  'withdrawn',
  'already_closed',
  'unknown_node',
] as const;
export type IntrospectionResult = (typeof introspectionResults)[number];

/** `duplicate` for a command id seen before. */
export const deregisterResults = [
  'deregistered',
  'withdrawn',
  'already_closed',
  'unknown_node',
  'stale_epoch',
  'duplicate',
] as const;
export type DeregisterResult = (typeof deregisterResults)[number];

export const ackResults = [
  'activated',
  'recorded',
  'duplicate',
  'too_early',
  'too_late',
  'unknown_attempt',
  'ambiguous_attempt',
  'closed',
  'unknown_node',
] as const;
export type AckResult = (typeof ackResults)[number];

export const heartbeatResults = ['accepted', 'ignored_terminal', 'stale_epoch', 'unknown_node'] as const;
export type HeartbeatResult = (typeof heartbeatResults)[number];

/** What became of a status edge. */
export const edgeOutcomes = ['none', 'applied', 'pending'] as const;
export type EdgeOutcome = (typeof edgeOutcomes)[number];

/** Why the admission policy refuses, in the order of its checks (registration.md 3.4). */
export const admissionCodes = [
  'domain_closed',
  'node_type_not_allowed',
  'version_below_minimum',
  'component_not_found',
  'component_archived',
  'capability_forbidden',
  'capability_required_missing',
] as const;
export type AdmissionCode = (typeof admissionCodes)[number];

export const pokeKinds = ['liveness', 'ack', 'receipt', 'edge', 'stuck'] as const;
export type PokeKind = (typeof pokeKinds)[number];

export const selectionStrategies = ['first', 'random', 'round_robin', 'least_loaded'] as const;
export type SelectionStrategy = (typeof selectionStrategies)[number];

export const deadlineModes = ['precise', 'fleet'] as const;
export type DeadlineMode = (typeof deadlineModes)[number];

export const defaultNodeDomain = 'registration';
