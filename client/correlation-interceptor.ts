/** Puts the correlation id of the current call into the header of whatever a client starts or sends (platform.md 8). */
import type { Headers, WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { correlationHeaderName } from '../workflows/messages/headers.ts';
import { currentCorrelationId } from './correlation-context.ts';

export const correlationInterceptor: WorkflowClientInterceptor = {
  startWithDetails: (input, next) => next({ ...input, headers: withCorrelation(input.headers) }),
  startUpdate: (input, next) => next({ ...input, headers: withCorrelation(input.headers) }),
  signal: (input, next) => next({ ...input, headers: withCorrelation(input.headers) }),
};

function withCorrelation(headers: Headers): Headers {
  const correlationId = currentCorrelationId();
  if (correlationId === undefined) return headers;
  return { ...headers, [correlationHeaderName]: defaultPayloadConverter.toPayload(correlationId) };
}
