/** What the supervisor says on its control socket (HTTP over a unix socket, 0600). */
import type { ErrorBody } from '../../contracts/error.ts';
import type { Handshake, StackStatus } from '../../contracts/gateway.ts';

/** `GET /status`. */
export interface SupervisorReport {
  readonly handshake: Handshake;
  readonly status: StackStatus;
  /** What happens while the stack starts, for people; `seq` grows. */
  readonly notices: readonly Notice[];
  /** Why the stack cannot become ready without help; null otherwise. */
  readonly failure: ErrorBody | null;
  /** Set once a stop was asked. */
  readonly stopping: boolean;
}

export interface Notice {
  readonly seq: number;
  readonly text: string;
}

/** The supervisor's lock in the state directory, see `processes/lock.ts`. */
export const lockName = 'supervisor.lock';

export const controlRoutes = {
  status: '/status',
  statusWithMemory: '/status?memory=1',
  stop: '/stop',
  restart: '/restart/',
} as const;

/** Parts that can be restarted one by one; the roles of `serve` share a process. */
export const restartable = ['postgres', 'temporal', 'serve', 'control', 'host', 'api'] as const;
export type Restartable = (typeof restartable)[number];
