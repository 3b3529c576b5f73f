/**
 * Carries the correlation id from the header a client sets through the workflow to every activity it calls
 * (platform.md 8). One carrier per workflow run: the sandbox calls the factory for each.
 */
import type {
  Headers,
  WorkflowInboundCallsInterceptor,
  WorkflowInterceptors,
  WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import { correlationHeaderName } from '../messages/headers.ts';

export function interceptors(): WorkflowInterceptors {
  const carried: Headers = {};
  const inbound: WorkflowInboundCallsInterceptor = {
    execute: (input, next) => {
      const payload = input.headers[correlationHeaderName];
      if (payload !== undefined) carried[correlationHeaderName] = payload;
      return next(input);
    },
  };
  const outbound: WorkflowOutboundCallsInterceptor = {
    scheduleActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...carried } }),
    scheduleLocalActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...carried } }),
  };
  return { inbound: [inbound], outbound: [outbound] };
}
