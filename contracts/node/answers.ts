/**
 * What a registration answers (registration.md 4.3). All fields are always there, null where they mean nothing.
 */
import type {
  AckResult,
  DeregisterResult,
  EdgeOutcome,
  HeartbeatResult,
  IntrospectionResult,
  NextStep,
  RegistrationState,
} from './vocabulary.ts';

export interface AnswerFields<Result extends string> {
  readonly result: Result;
  readonly state: RegistrationState | null;
  readonly epoch: number | null;
  readonly version: number | null;
  readonly attempt_id: string | null;
  readonly attempt_number: number | null;
  /** RFC 3339, database clock. */
  readonly ack_deadline: string | null;
  /** The same, relative, for nodes with a wrong clock, ms. */
  readonly ack_in_ms: number | null;
  readonly next_heartbeat_in_ms: number | null;
  readonly next: NextStep | null;
  readonly retry_after_ms: number | null;
  readonly reason: AnswerReason | null;
}

export interface AnswerReason {
  readonly code: string;
  readonly text: string;
}

export type IntrospectionAnswer = AnswerFields<IntrospectionResult>;
export type AckAnswer = AnswerFields<AckResult>;
export type DeregisterAnswer = AnswerFields<DeregisterResult>;
export type RegistrationAnswer = IntrospectionAnswer | AckAnswer | DeregisterAnswer;

export interface HeartbeatAnswer extends AnswerFields<HeartbeatResult> {
  readonly edge: EdgeOutcome;
}

/** Answer of the update `edge`. */
export interface EdgeAnswer {
  readonly applied: boolean;
  readonly state: RegistrationState | null;
  readonly epoch: number | null;
  readonly version: number | null;
}

/** `GET /api/v1/nodes/{id}/offer`. */
export interface OfferAnswer {
  readonly state: RegistrationState;
  readonly epoch: number;
  readonly attempt_id: string;
  readonly attempt_number: number;
  readonly ack_deadline: string;
  readonly ack_in_ms: number;
}
