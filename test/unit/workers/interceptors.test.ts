/** One log line per activity call: which run, how long, how it ended, under which correlation id (platform.md 8). */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { pino } from 'pino';
import { Context } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import { currentCorrelationId } from '../../../client/correlation-context.ts';
import { activityCalls } from '../../../workers/interceptors/activity-calls.ts';
import { correlationHeaderName } from '../../../workflows/messages/headers.ts';

/** Runs one intercepted call and answers what was logged and which correlation id the call saw. */
async function intercepted(
  args: unknown[],
  headers: Headers,
  call: () => Promise<unknown> = () => Promise.resolve('fine'),
  activityType = 'executeStep',
) {
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  let seen: string | undefined;
  const answer = await new MockActivityEnvironment({ activityType, attempt: 2 }, { logger: new DefaultLogger('ERROR') })
    .run(async () => {
      const { inbound } = activityCalls(logger)(Context.current());
      return inbound?.execute?.({ args, headers }, () => {
        seen = currentCorrelationId();
        return call();
      });
    })
    .catch((error: unknown) => error);
  return { lines, seen, answer };
}

const headers = { [correlationHeaderName]: defaultPayloadConverter.toPayload('abc') };

describe('activityCalls', () => {
  it('logs run, step, duration and outcome under the correlation id of the caller', async () => {
    const { lines, seen, answer } = await intercepted([{ run_id: 'r1', step_id: 's1', secret: 'hidden' }], headers);
    expect(answer).toBe('fine');
    expect(seen).toBe('abc');
    expect(lines).toMatchObject([
      {
        correlation_id: 'abc',
        operation: 'executeStep',
        run_id: 'r1',
        step_id: 's1',
        attempt: 2,
        outcome: 'ok',
        workflow_id: 'test',
      },
    ]);
    expect(lines[0]?.['duration_ms']).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify(lines)).not.toContain('hidden');
  });

  it('logs which node a write was about and where it stands', async () => {
    const write = { entity_id: 'e1', domain: 'd1', row: { secret: 'hidden' } };
    const answer = { outcome: 'applied', state: 'active', epoch: 2, version: 5, row: { secret: 'hidden' } };
    const { lines } = await intercepted(
      [{ guard: 'ack_in_time', epoch: 2, write }],
      headers,
      () => Promise.resolve(answer),
      'persistIf',
    );
    expect(lines).toMatchObject([
      { level: 30, entity_id: 'e1', domain: 'd1', epoch: 2, outcome: 'applied', state: 'active', version: 5 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('hidden');
  });

  it.each([
    ['persistTransitions', { outcome: 'duplicate' }, 20],
    ['persistIf', { outcome: 'not_due', why: 'early' }, 20],
    ['sweepDeadlines', { interval_ms: 5_000 }, 20],
    ['persistTransitions', { outcome: 'applied' }, 30],
  ])('%s that ends as %o is told at level %i', async (activityType, answer, level) => {
    const { lines } = await intercepted([{}], headers, () => Promise.resolve(answer), activityType);
    expect(lines).toMatchObject([{ level, operation: activityType }]);
  });

  it('logs the failure and lets it travel', async () => {
    const { lines, answer } = await intercepted([], headers, () => Promise.reject(new RangeError('too far')));
    expect(answer).toBeInstanceOf(RangeError);
    expect(lines).toMatchObject([{ level: 40, outcome: 'RangeError', err: { message: 'too far' } }]);
  });

  it.each([
    ['no header', {}],
    ['an empty one', { [correlationHeaderName]: defaultPayloadConverter.toPayload('') }],
  ])('falls back to the workflow id with %s', async (_, none) => {
    const { lines, seen } = await intercepted(['text'], none);
    expect(seen).toBe('test');
    expect(lines).toMatchObject([{ correlation_id: 'test' }]);
  });
});
