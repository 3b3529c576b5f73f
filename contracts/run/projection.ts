/**
 * What the workflow of a run asks `applyRunChange` to write, and what it is answered (runs.md 3 "Projection").
 *
 * A change names steps; what a step does to times, commands and counters follows from the step alone, in
 * `domain/run/apply`, on the clock of the database after the rows are locked. So no deadline ever travels from a workflow
 * to the database, and a verdict over time carries the evidence it rests on.
 */
import type { Command } from './command.ts';
import type { CreateRun } from './requests.ts';
import type { CommandRow, RunCore, TransitionActorType } from './row.ts';
import type { RunPolicy } from './settings.ts';
import type {
  AuditAction,
  AuditVerdict,
  ChangeSource,
  CommandType,
  RunHealth,
  RunState,
  RuntimeStatus,
} from './vocabulary.ts';

export interface ChangeActor {
  readonly type: TransitionActorType;
  readonly id: string;
}

/** Where a request came from; for the audit. */
export interface RequestOrigin {
  readonly principal: string | null;
  readonly source_ip: string | null;
  readonly user_agent: string | null;
  readonly mtls_fingerprint: string | null;
  readonly correlation_id: string | null;
}

/** A run about to be inserted. */
export type NewRun = Omit<CreateRun, 'id' | 'policy'> & {
  readonly id: string;
  readonly policy: RunPolicy;
  readonly body_hash: string;
};

export type HealthCause = 'silence' | 'beat' | 'override';

/** One thing a change does. */
export type RunStep =
  | { readonly step: 'create'; readonly run: NewRun }
  /** An edge of the transition table; at most one per change. */
  | {
      readonly step: 'move';
      readonly to: RunState;
      readonly changed_by: ChangeSource;
      readonly actor: ChangeActor;
      readonly reason: string;
      readonly cause_id: string | null;
      /** For people: what the agent said with `errored`, what the reporter said with `failed`. */
      readonly last_error: string | null;
    }
  /** What the agent says of itself, from an accepted beat; its counters are read from the liveness row. */
  | { readonly step: 'shown'; readonly status: RuntimeStatus; readonly received_at: string }
  | {
      readonly step: 'health';
      readonly to: RunHealth;
      readonly cause: HealthCause;
      readonly incident_id: string | null;
    }
  /** A page that was held goes out. */
  | { readonly step: 'page' }
  | { readonly step: 'start_overdue' }
  | {
      readonly step: 'command';
      readonly command: Command;
      readonly body_hash: string;
      readonly expiry_s: number | null;
    }
  /** Never-offered commands but this one. */
  | { readonly step: 'supersede'; readonly except: string; readonly reason: string }
  /** A terminate of a run without an agent. */
  | { readonly step: 'skip'; readonly command_id: string }
  /** Whatever is past its expiry. */
  | { readonly step: 'expire' }
  /** A beat has confirmed what was acknowledged. */
  | { readonly step: 'confirm'; readonly type: CommandType }
  /** Whatever was not confirmed in time. */
  | { readonly step: 'unconfirm' }
  /** End of the grace of `terminating`: so many seconds from now; `earlier` never moves it back. */
  | { readonly step: 'terminate_grace'; readonly seconds: number; readonly how: 'set' | 'earlier' }
  | { readonly step: 'reset'; readonly actor: ChangeActor; readonly reason: string }
  | { readonly step: 'override'; readonly extend_s: number; readonly actor: ChangeActor; readonly reason: string }
  /** Final counters of a report; kept only where not lower. */
  | { readonly step: 'counters'; readonly current_step: number | null; readonly checkpoint_version: number | null };

/** What a verdict rests on (P3); tested again after the rows are locked, by the clock of the database. */
export type ChangeEvidence =
  /** Silent since this beat for longer than the threshold of the health it leads to; amnesty holds. */
  | { readonly evidence: 'silence'; readonly last_heartbeat_at: string | null; readonly reaches: RunHealth }
  /** In this state for at least so long. */
  | { readonly evidence: 'state_since'; readonly state: RunState; readonly for_s: number }
  /** Unresponsive, since the same beat, for at least so long. */
  | { readonly evidence: 'unresponsive_since'; readonly last_heartbeat_at: string | null; readonly for_s: number }
  /** The grace of `terminating` is over. */
  | { readonly evidence: 'terminate_grace_over' };

/** A row of the audit chain before it is numbered and hashed. */
export interface AuditDraft {
  readonly command_id: string | null;
  readonly action: AuditAction;
  readonly verdict: AuditVerdict;
  readonly error_code: string | null;
  readonly actor: ChangeActor;
  readonly origin: RequestOrigin | null;
  /** SHA-256 of the canonical payload, hex. */
  readonly payload_hash: string;
}

export interface RunChange {
  readonly run_id: string;
  /** Equal for every retry of this change. */
  readonly change_id: string;
  /** The pair this change leads to; it must be greater than the stored one. */
  readonly attempt: number;
  readonly state_version: number;
  readonly steps: readonly RunStep[];
  readonly evidence: ChangeEvidence | null;
  readonly audit: readonly AuditDraft[];
}

/** The run as the database has it: its core, and its commands that are open or acknowledged and unfinished. */
export interface StoredRun {
  readonly run: RunCore;
  readonly commands: readonly CommandRow[];
  /** The first terminate of the run, whatever became of it. */
  readonly terminate_id: string | null;
}

export type ProjectionResult = 'applied' | 'duplicate' | 'stale' | 'void' | 'absent';

/**
 * `duplicate`: this very change is in; `stale`: another is, adopt what is stored; `void`: the evidence does not hold any
 * more; `absent`: there is no such run.
 */
export interface ProjectionAnswer {
  readonly result: ProjectionResult;
  /** Database clock. */
  readonly now: string;
  /** Null only with `absent`. */
  readonly stored: StoredRun | null;
}
