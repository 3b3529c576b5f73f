/** What a change of a run comes to once its rows are locked (runs.md 3 "Projection"). */
import type { RunEventDraft } from '../events.ts';
import type { StoredRun } from '../../../contracts/run/projection.ts';
import type { CommandRow, RunCore, RunMirror, RunTransitionRow } from '../../../contracts/run/row.ts';
import type { RunSettings } from '../../../contracts/run/settings.ts';
import type { BeatPath, RuntimeStatus } from '../../../contracts/run/vocabulary.ts';
import type { ListeningPaths } from '../health/silence.ts';

/** Telemetry of the liveness row at that moment; what another attempt left there counts for nothing. */
export interface Telemetry {
  readonly attempt: number;
  /** RFC 3339. */
  readonly last_heartbeat_at: string | null;
  readonly beat_status: RuntimeStatus | null;
  readonly step: number | null;
  readonly checkpoint_version: number | null;
  readonly samples_per_sec: number | null;
  readonly loss: number | null;
  readonly cadence_s: number;
  readonly via: BeatPath | null;
  /** Of an override; an accepted beat clears it there first. */
  readonly grace_until: string | null;
}

export interface ApplyContext {
  /** Database clock after the rows were locked, ms. */
  readonly now: number;
  readonly settings: Pick<RunSettings, 'confirmation_s'>;
  /** Null before the liveness row exists. */
  readonly telemetry: Telemetry | null;
  /** Needed by verdicts over silence. */
  readonly paths: ListeningPaths;
  /** Next of the run's command sequence. */
  readonly next_command_seq: number;
}

/** What becomes of the rows of a tune; their keys follow from its payload. */
export interface TuneChange {
  readonly command_id: string;
  readonly to: 'pending' | 'superseded';
  readonly reason: string | null;
}

export interface AppliedChange {
  readonly run: RunCore;
  /** Every command that was inserted or changed, as it is now. */
  readonly changed_commands: readonly CommandRow[];
  readonly inserted_command: string | null;
  readonly tune: readonly TuneChange[];
  /** Without its sequence; null when the state stays. */
  readonly transition: Omit<RunTransitionRow, 'seq'> | null;
  readonly events: readonly RunEventDraft[];
  readonly mirror: RunMirror;
  /** As the next decision finds it. */
  readonly stored: StoredRun;
}
