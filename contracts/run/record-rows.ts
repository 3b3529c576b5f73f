/**
 * Rows of run control that are written once: audit, artifacts, tunes, experiments (runs.md 7, 8, 10). Times are RFC 3339
 * UTC by the clock of the database.
 */
import type { RunDocumentValue, TransitionActorType } from './row.ts';
import type { ArtifactKind, AuditAction, AuditVerdict, Tunable, TuneState } from './vocabulary.ts';

/** `created_at` is UTC with six decimals, as it is hashed. */
export interface AuditRow {
  readonly run_id: string;
  readonly chain_seq: number;
  readonly command_id: string | null;
  readonly action: AuditAction;
  readonly verdict: AuditVerdict;
  readonly error_code: string | null;
  readonly actor_type: TransitionActorType;
  readonly actor_id: string;
  readonly principal: string | null;
  readonly source_ip: string | null;
  readonly user_agent: string | null;
  readonly mtls_fingerprint: string | null;
  readonly payload_hash: string;
  readonly prev_hash: string;
  readonly entry_hash: string;
  readonly created_at: string;
}

/** `taken_at` is UTC with six decimals, as it is hashed. */
export interface AuditAnchorRow {
  readonly id: string;
  readonly taken_at: string;
  readonly run_count: number;
  readonly heads_hash: string;
  readonly prev_anchor_hash: string;
  readonly anchor_hash: string;
  readonly export_uri: string;
}

export interface ArtifactRow {
  readonly id: string;
  readonly run_id: string;
  readonly step: number | null;
  readonly artifact_type: ArtifactKind;
  readonly uri: string;
  readonly size_bytes: number | null;
  readonly checksum: string | null;
  readonly metadata: RunDocumentValue;
  readonly created_at: string;
}

export interface TuneEventRow {
  readonly id: string;
  readonly run_id: string;
  /** Null for a tune that the whitelist refused. */
  readonly command_id: string | null;
  readonly path: Tunable | (string & {});
  readonly requested_value: unknown;
  readonly applied_value: unknown;
  readonly state: TuneState;
  readonly reason: string | null;
  readonly requested_by: string | null;
  readonly applied_at: string | null;
  readonly created_at: string;
}

export interface ExperimentRow {
  readonly id: string;
  readonly slug: string;
  readonly display_name: string;
  readonly description: string | null;
  readonly config: RunDocumentValue;
  readonly overrides_whitelist: readonly unknown[];
  readonly config_hash: string;
  readonly created_by: string | null;
  readonly created_at: string;
  readonly archived_at: string | null;
}

export interface ExperimentVersionRow {
  readonly id: string;
  readonly experiment_id: string;
  readonly version: number;
  readonly config: RunDocumentValue;
  readonly change_note: string | null;
  readonly created_by: string | null;
  readonly created_at: string;
}
