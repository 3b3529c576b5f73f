/**
 * What the reducer of a run is asked and what it says (runs.md 12). Glossary: an **input** is one message or one look at
 * the row; an **effect** is what the workflow does about it. The memory beside effects that project holds once the
 * projection has answered `applied` or `duplicate`; until then the old one does.
 */
import type { AuditDraft, RunChange } from '../../../contracts/run/projection.ts';
import type { RunSettings } from '../../../contracts/run/settings.ts';
import type {
  AckNotice,
  CreateRunOrder,
  LivenessReading,
  OverrideRequest,
  ReportRequest,
  ResetRequest,
  RunStatusEdge,
  SubmitCommand,
} from '../../../contracts/run/workflow.ts';
import type { RunMemory } from '../../../contracts/run/memory.ts';
import type { RunErrorName } from '../errors.ts';

export interface ReduceContext {
  readonly settings: Pick<RunSettings, 'confirmation_s' | 'expiry_s'>;
  /** A new id; deterministic in a workflow. */
  newId(): string;
}

export type RunInput =
  | { readonly kind: 'create'; readonly order: CreateRunOrder }
  /** A beat that is stored already. */
  | { readonly kind: 'beat'; readonly beat: RunStatusEdge }
  /** @param direct came by signal: nobody waits, and a refusal is audited here */
  | { readonly kind: 'command'; readonly submit: SubmitCommand; readonly direct: boolean }
  /** An ack that is stored already. */
  | { readonly kind: 'ack'; readonly ack: AckNotice }
  | { readonly kind: 'report'; readonly request: ReportRequest }
  | { readonly kind: 'reset'; readonly request: ResetRequest }
  | { readonly kind: 'override'; readonly request: OverrideRequest }
  /** The timer fired or a hint came, and the row was looked at. */
  | { readonly kind: 'clock'; readonly reading: LivenessReading }
  /** Cancellation in Temporal. */
  | { readonly kind: 'cancel' };

export type RunEffect =
  | { readonly effect: 'project'; readonly change: RunChange }
  /** Answers the caller with the run as it then is. */
  | { readonly effect: 'answer_summary' }
  | {
      readonly effect: 'answer_command';
      readonly command_id: string;
      readonly nonce: string | null;
      readonly disposition: 'created' | 'existing' | 'merged';
    }
  | {
      readonly effect: 'refuse';
      readonly code: RunErrorName;
      readonly details: Readonly<Record<string, unknown>>;
    }
  /** A refused request that nobody else audits. */
  | { readonly effect: 'audit'; readonly entry: AuditDraft }
  /** Look at the row again, then reduce a clock event: there may be more to do. */
  | { readonly effect: 'look' }
  /** The run has ended: the workflow completes, once what was projected beside it is in. */
  | { readonly effect: 'complete' };

export interface Reduced {
  readonly memory: RunMemory;
  readonly effects: readonly RunEffect[];
}
