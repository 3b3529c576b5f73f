/**
 * Reading nodes (registration.md 8): filters, pages, selection. Implemented by the reader in `db`, served by the gateway
 * and, without one, used directly by the command line.
 */
import type { NodeRow, TransitionRow } from './row.ts';
import type { ContractType, NodeType, RegistrationState, SelectionStrategy } from './vocabulary.ts';

export interface PageRequest {
  /** Default `registration`; null = all domains. */
  readonly domain?: string | null;
  /** 1-1000, default 100. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
  readonly has_more: boolean;
  /** Rows that could not be read as what they should be: told, logged, and no reason to fail the rest. */
  readonly malformed: readonly MalformedRow[];
}

export interface MalformedRow {
  readonly entity_id: string;
  readonly domain: string;
  /** Dotted path of the first member that is wrong, never its value. */
  readonly path: string;
}

/** All that are given must hold (order H: newest change first). */
export interface NodeFilter {
  readonly state?: readonly RegistrationState[];
  readonly node_type?: NodeType;
  /** Component id or reference, exact. */
  readonly component?: string;
  readonly name_prefix?: string;
  /** Past its effective deadline at this instant, liveness or ack. */
  readonly overdue?: boolean;
  readonly flapping?: boolean;
  /** RFC 3339. */
  readonly updated_since?: string;
}

/** One of these at a time, beside `NodeFilter` (order S: entity id, domain). Matching is exact and case-sensitive. */
export interface CapabilityFilter {
  readonly tag?: string;
  readonly any_tag?: readonly string[];
  readonly all_tags?: readonly string[];
  readonly intent?: string;
  readonly intents?: readonly string[];
  readonly protocol?: string;
  readonly contract_type?: ContractType;
  /** JSON fragment the effective capabilities must contain. */
  readonly capability?: Readonly<Record<string, unknown>>;
  readonly topic?: string;
  readonly direction?: 'subscribe' | 'publish';
}

export type NodeQuery = PageRequest & NodeFilter & CapabilityFilter;

/** `countByState`: all eight, 0 where there are none. */
export type StateCounts = Readonly<Record<RegistrationState, number>> & { readonly total: number };

/** What a caller needs a node for; the first given of capability, intent_types, protocol is used. */
export interface NodeDependency {
  readonly name: string;
  readonly type: 'node' | 'protocol';
  readonly capability?: string;
  readonly intent_types?: readonly string[];
  readonly protocol?: string;
  readonly contract_type?: ContractType;
  /** Default active. */
  readonly state?: RegistrationState;
  readonly strategy: SelectionStrategy;
  /** Of round robin; default a hash of the criteria. */
  readonly key?: string;
}

/** `POST /api/v1/nodes/select`; one of capability (a tag), intent_types, protocol. */
export interface SelectRequest {
  readonly domain?: string | null;
  readonly capability?: string;
  readonly intent_types?: readonly string[];
  readonly protocol?: string;
  readonly contract_type?: ContractType;
  readonly strategy?: SelectionStrategy;
  readonly key?: string;
  readonly exclude?: readonly string[];
}

export interface Selection {
  readonly node: NodeRow;
  readonly strategy: SelectionStrategy;
  /** How many could have been chosen. */
  readonly candidates: number;
}

export type TransitionPage = Page<TransitionRow>;
