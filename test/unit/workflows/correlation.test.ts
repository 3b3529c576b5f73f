/** The correlation id travels from the header of a start to every activity (platform.md 8). */
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { withCorrelationId } from '../../../client/correlation-context.ts';
import { correlationInterceptor } from '../../../client/correlation-interceptor.ts';
import { interceptors } from '../../../workflows/interceptors/correlation.ts';
import { correlationHeaderName } from '../../../workflows/messages/headers.ts';

interface WithHeaders {
  readonly headers: Headers;
}

/** Calls one interceptor function and answers the headers that reach the next one. */
async function headersAfter(intercept: unknown, headers: Headers): Promise<Headers> {
  if (typeof intercept !== 'function') throw new Error('there is no such interceptor');
  let seen: Headers = {};
  const next = (input: WithHeaders): Promise<void> => {
    seen = input.headers;
    return Promise.resolve();
  };
  await Reflect.apply(intercept, null, [{ headers }, next]);
  return seen;
}

const given: Headers = { [correlationHeaderName]: defaultPayloadConverter.toPayload('abc'), other: {} };

describe('inside a workflow', () => {
  it.each(['scheduleActivity', 'scheduleLocalActivity'] as const)(
    '%s carries it on, and nothing else',
    async (call) => {
      const { inbound = [], outbound = [] } = interceptors();
      expect(await headersAfter(inbound[0]?.execute, given)).toBe(given);
      expect(await headersAfter(outbound[0]?.[call], { own: {} })).toEqual({
        own: {},
        [correlationHeaderName]: given[correlationHeaderName],
      });
    },
  );

  it('a start without it leaves activities without it, whatever other runs carried', async () => {
    const other = interceptors();
    await headersAfter(other.inbound?.[0]?.execute, given);
    const { inbound = [], outbound = [] } = interceptors();
    await headersAfter(inbound[0]?.execute, {});
    expect(await headersAfter(outbound[0]?.scheduleActivity, {})).toEqual({});
  });
});

describe('in a client', () => {
  it.each(['startWithDetails', 'startUpdate', 'signal'] as const)('%s takes it from the current call', async (call) => {
    const headers = await withCorrelationId('abc', () => headersAfter(correlationInterceptor[call], {}));
    expect(headers).toEqual({ [correlationHeaderName]: given[correlationHeaderName] });
    expect(await headersAfter(correlationInterceptor[call], {})).toEqual({});
  });
});
