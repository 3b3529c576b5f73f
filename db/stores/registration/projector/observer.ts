/**
 * How the projector tells what it does (registration.md 11): the numbers behind its metrics, and one log. Processes plug
 * in their metrics library and their logger; by default nobody listens.
 */
import type { RegistrationState, TransitionKind } from '../../../../contracts/node/vocabulary.ts';

/** What a structured logger offers; `pino` fits as it is. */
export interface ProjectorLogger {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type WriteOutcome = 'applied' | 'duplicate' | 'stale' | 'not_due' | 'failed';

export interface ProjectorObserver {
  /** `omnibase_registration_transitions_total`, once per applied step. `legal` is false for a feed that skipped facts. */
  transition?(step: {
    readonly from: RegistrationState | null;
    readonly to: RegistrationState;
    readonly kind: TransitionKind;
    readonly legal: boolean;
  }): void;
  /** `omnibase_projection_writes_total`. */
  write?(outcome: WriteOutcome): void;
  /** `omnibase_projection_gaps_total`: steps before this write are missing in the row. */
  gap?(): void;
  /** `omnibase_node_flaps_total`. */
  flap?(): void;
  /** From the effective deadline to the transition, on the database's clock, seconds. */
  ackDetectionLag?(seconds: number): void;
  livenessDetectionLag?(seconds: number): void;
}
