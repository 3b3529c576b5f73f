/**
 * Readiness: every dependency is asked with a time limit. Callers that come together share one round, and
 * an answer is kept for half a second: the route is open to everyone and must stay cheap.
 */
import type { ReadinessReport } from '../contracts/gateway.ts';

/** One dependency: resolves when it answers. */
export interface ReadinessCheck {
  readonly name: string;
  check(signal: AbortSignal): Promise<unknown>;
}

const limitMs = 2000;
const keptMs = 500;

export function createReadiness(
  checks: readonly ReadinessCheck[],
  isDraining: () => boolean,
): () => Promise<ReadinessReport> {
  let round: Promise<ReadinessReport> | null = null;
  let until = 0;
  return async () => {
    if (isDraining()) return { status: 'draining', checks: [] };
    if (round === null || performance.now() > until) {
      until = Number.POSITIVE_INFINITY;
      round = ask(checks).finally(() => {
        until = performance.now() + keptMs;
      });
    }
    return round;
  };
}

async function ask(checks: readonly ReadinessCheck[]): Promise<ReadinessReport> {
  const results = await Promise.all(checks.map(askOne));
  return { status: results.every(({ ok }) => ok) ? 'ready' : 'not_ready', checks: results };
}

/** Why a dependency is away is for the log of its owner, not for a route without authentication. */
async function askOne(dependency: ReadinessCheck): Promise<ReadinessReport['checks'][number]> {
  const started = performance.now();
  const signal = AbortSignal.timeout(limitMs);
  const late = new Promise<boolean>((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  const answered = Promise.resolve()
    .then(() => dependency.check(signal))
    .then(
      () => true,
      () => false,
    );
  const ok = await Promise.race([answered, late]);
  return { name: dependency.name, ok, duration_ms: Math.round((performance.now() - started) * 10) / 10 };
}
