/**
 * What the life of a registration needs from the engine. The Temporal side is `temporal-ports.ts`; unit tests bring
 * their own, so every rule is measured outside the sandbox. Calls of the database never fail for its absence: they are
 * repeated until it answers. What they refuse comes as an `OmniBaseError`.
 */
import type { NotDue, PersistResult, RegistrationWrite } from '../../contracts/node/projection.ts';
import type {
  AdmissionDecision,
  AdmissionRequest,
  FlushAnswer,
  FlushRequest,
  GuardedWrite,
  LoadAnswer,
  OfferDelivery,
  RegistrationMemory,
  RegistrationTelemetry,
} from '../../contracts/node/workflow.ts';

export interface Timer {
  /** True once the time has passed, false when cancelled before. */
  readonly fired: Promise<boolean>;
  cancel(): void;
}

/** A call that may be given up. */
export interface Patient<T> {
  readonly result: Promise<T>;
  cancel(): void;
}

export interface RegistrationPorts {
  readonly workflow_id: string;
  /** Milliseconds since the epoch, the same on every replay. */
  now(): number;
  newId(): string;
  random(): number;
  startTimer(ms: number, summary: string): Timer;
  load(): Promise<LoadAnswer>;
  /** @throws OmniBaseError when the projector refuses the write */
  persist(write: RegistrationWrite): Promise<PersistResult>;
  /** @throws OmniBaseError when the projector refuses the write */
  persistIf(request: GuardedWrite): Promise<PersistResult | NotDue>;
  /** Null when the beat was refused: it counts as not sent. */
  flush(request: FlushRequest): Promise<FlushAnswer | null>;
  /** Null when nobody could decide within a moment: the loop waits for it. */
  admitQuickly(request: AdmissionRequest): Promise<AdmissionDecision | null>;
  /** Beside the loop, repeated until `limitMs`, or without limit for null; null when nobody could decide, or given up. */
  admit(request: AdmissionRequest, limitMs: number | null): Patient<AdmissionDecision | null>;
  /** False when the node named no endpoint or did not take it. */
  deliver(offer: OfferDelivery): Promise<boolean>;
  /** Shows where the node stands: search attributes and memo on change, the card always. */
  show(memory: RegistrationMemory, card: string): void;
  /** True when this run has become long enough to hand over to the next. */
  runIsLong(): boolean;
  handlersFinished(): boolean;
  /** Resolves once every handler has answered. Only asked for when nothing keeps one waiting. */
  handlersSettled(): Promise<void>;
  readonly telemetry: RegistrationTelemetry;
  warn(message: string, details: Readonly<Record<string, unknown>>): void;
}
