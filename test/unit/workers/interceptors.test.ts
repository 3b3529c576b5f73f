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
) {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  let seen: string | undefined;
  const answer = await new MockActivityEnvironment(
    { activityType: 'executeStep', attempt: 2 },
    { logger: new DefaultLogger('ERROR') },
  )
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
