/** The log of a serving process: one JSON line per record on stderr, with the correlation id of the call (platform.md 8). */
import { type Logger, pino } from 'pino';
import { currentCorrelationId } from '../client/correlation-context.ts';

/** Fields whose values never reach a log. */
const secrets = ['password', 'token', 'authorization', 'secret', 'api_key'];
const redacted = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export interface LogSettings {
  readonly level: string;
  readonly instanceId: string;
  /** Called when nobody reads the log any more: the supervisor is gone. */
  readonly onClosed?: () => void;
}

/** Lines are written synchronously: what a process says last is why it died. */
export function createLogger({ level, instanceId, onClosed }: LogSettings): Logger {
  const destination = pino.destination({ dest: 2, sync: true });
  destination.on('error', () => onClosed?.());
  return pino(
    {
      level,
      base: { pid: process.pid, instance_id: instanceId },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redacted, censor: '[redacted]' },
      mixin() {
        const correlationId = currentCorrelationId();
        return correlationId === undefined ? {} : { correlation_id: correlationId };
      },
    },
    destination,
  );
}
