/** Runs the self-check of a gateway beside its work, once, and tells how it ended (registration.md 13.13). */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Gauge, type Registry as MetricsRegistry } from 'prom-client';
import type { NodesApi } from '../../contracts/node/api.ts';
import type { NodeSettings } from '../../contracts/node/settings.ts';
import { runSelfCheck } from '../self-check.ts';

export interface SelfCheckCare {
  readonly nodes: NodesApi;
  readonly settings: () => NodeSettings;
  readonly hostId: string;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
}

const results = { passed: 1, failed: 0 } as const;
/** A process that has just started has better things to do, and its paths and its neighbours may still be on their way. */
const restMs = 5_000;

/** `close` breaks it off. */
export function checkItself({ nodes, settings, hostId, metrics, logger }: SelfCheckCare): { close(): Promise<void> } {
  const closing = new AbortController();
  const gauge = new Gauge({
    name: 'omnibase_self_check_passed',
    help: '1 when a synthetic node registered, beat and expired after the last start, 0 when it did not; absent before',
    labelNames: ['check'],
    registers: [metrics],
  });
  const check = async (): Promise<void> => {
    await sleep(restMs, undefined, { signal: closing.signal });
    const id = randomUUID();
    const outcome = await runSelfCheck({
      nodes,
      settings: settings(),
      nodeId: nodeIdOf(hostId),
      newId: randomUUID,
      call: { principal: { id: 'system:self-check', kind: 'service', capabilities: [] }, correlation_id: id },
      signal: closing.signal,
    });
    if (outcome.ok === true) {
      gauge.set({ check: 'registration' }, results.passed);
      logger.info({ code: 'self_check.passed', ...outcome }, 'a synthetic node registered, beat and expired');
    } else if (outcome.ok === null) {
      logger.info({ code: 'self_check.refused', ...outcome }, 'the admission policy lets no synthetic node in');
    } else {
      gauge.set({ check: 'registration' }, results.failed);
      logger.error({ code: 'self_check.failed', ...outcome }, 'the self-check failed: rows do not move as they should');
    }
  };
  const checked = check().catch((err: unknown) => {
    if (!closing.signal.aborted) logger.error({ code: 'self_check.failed', err }, 'the self-check broke');
  });
  return {
    async close() {
      closing.abort();
      await checked;
    },
  };
}

/** The same at every start of a host: its row begins a new epoch instead of leaving one more row behind. */
function nodeIdOf(hostId: string): string {
  const hex = createHash('sha256').update(`self-check ${hostId}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
