/** Asks `serve` on its socket whether it is ready (`GET /readyz`). */
import type { ReadinessReport } from '../../contracts/gateway.ts';
import { requestOverSocket } from '../processes/socket-request.ts';
import type { Probe } from './part.ts';

/** The single checks are handed on for `status`. */
export async function probeServe(
  socketPath: string,
  timeoutMs: number,
  onChecks: (checks: ReadinessReport['checks']) => void,
): Promise<Probe> {
  const answer = await requestOverSocket({ socketPath, path: '/readyz', timeoutMs });
  if (answer === null) return { state: 'silent', why: 'no answer on its socket' };
  const report = parse(answer.body);
  if (report !== null) onChecks(report.checks);
  if (answer.status === 200) return { state: 'ready' };
  const failing = report?.checks.filter((check) => !check.ok).map((check) => check.name) ?? [];
  const why = failing.length === 0 ? `readiness answers ${answer.status}` : `not ready: ${failing.join(', ')}`;
  return { state: 'busy', why };
}

function parse(body: string): ReadinessReport | null {
  try {
    const value = JSON.parse(body) as Partial<ReadinessReport> | null;
    return value !== null && Array.isArray(value.checks) ? (value as ReadinessReport) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
