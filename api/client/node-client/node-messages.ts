/** The messages of a node, from what it knows of itself (registration.md 4.1, 4.2). */
import { randomUUID } from 'node:crypto';
import type { Ack, Heartbeat, Introspection } from '../../../contracts/node/messages.ts';
import type { IntrospectionReason, ReportedStatus } from '../../../contracts/node/vocabulary.ts';
import type { NodeFacts, NodeReport } from './node-client.ts';

const defaultDomain = 'registration';
export interface IntrospectionParts {
  readonly reason: IntrospectionReason;
  readonly messageId: string;
  readonly instanceId: string;
  readonly status: ReportedStatus;
}

export function introspectionMessage(facts: NodeFacts, parts: IntrospectionParts): Introspection {
  return {
    node_id: facts.node_id,
    domain: facts.domain ?? defaultDomain,
    node_name: facts.node_name ?? null,
    node_type: facts.node_type,
    node_version: facts.node_version ?? '1.0.0',
    component: facts.component ?? null,
    declared_capabilities: facts.declared_capabilities ?? {},
    discovered_capabilities: facts.discovered_capabilities ?? {},
    contract_capabilities: contractOf(facts.contract_capabilities ?? null),
    endpoints: facts.endpoints ?? {},
    subscribe_topics: facts.subscribe_topics ?? null,
    publish_topics: facts.publish_topics ?? null,
    metadata: facts.metadata ?? {},
    feature_flags: facts.feature_flags ?? {},
    performance_metrics: facts.performance_metrics ?? null,
    message_id: parts.messageId,
    correlation_id: randomUUID(),
    reason: parts.reason,
    instance_id: parts.instanceId,
    status: parts.status,
    timestamp: new Date().toISOString(),
  };
}

function contractOf(contract: NodeFacts['contract_capabilities'] | null): Introspection['contract_capabilities'] {
  if (contract === undefined || contract === null) return null;
  return {
    contract_type: contract.contract_type ?? null,
    contract_version: contract.contract_version ?? null,
    intent_types: contract.intent_types ?? [],
    protocols: contract.protocols ?? [],
    capability_tags: contract.capability_tags ?? [],
  };
}

export function ackMessage(facts: NodeFacts, attemptId: string | null, commandId: string): Ack {
  return {
    command_id: commandId,
    node_id: facts.node_id,
    domain: facts.domain ?? defaultDomain,
    attempt_id: attemptId,
    correlation_id: null,
    timestamp: new Date().toISOString(),
  };
}

export interface BeatParts {
  readonly report: NodeReport;
  readonly epoch: number | null;
  /** Counts the beats of this process. */
  readonly sequence: number;
  readonly uptimeSeconds: number;
}

export function beatMessage(facts: NodeFacts, { report, epoch, sequence, uptimeSeconds }: BeatParts): Heartbeat {
  return {
    node_id: facts.node_id,
    domain: facts.domain ?? defaultDomain,
    timestamp: new Date().toISOString(),
    epoch,
    message_id: randomUUID(),
    correlation_id: null,
    node_version: facts.node_version ?? null,
    status: report.status ?? 'healthy',
    uptime_seconds: uptimeSeconds,
    active_operations_count: report.active_operations_count ?? 0,
    memory_usage_mb: report.memory_usage_mb ?? null,
    cpu_usage_percent: report.cpu_usage_percent ?? null,
    sequence,
    note: report.note ?? null,
  };
}
