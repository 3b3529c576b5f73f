/** Whatever is sent to the routes of nodes, the answer is one that the OpenAPI document describes. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Http, HttpAnswer } from '../support/http.ts';
import { type HostileRequest, hostileRequests } from '../support/hostile-requests.ts';
import type { NodeStack } from '../support/node-stack.ts';
import { type OpenApi, openApi, type Operation } from '../support/open-api.ts';

/** @param stack the stack, once it is up */
export function fuzz(stack: () => NodeStack): void {
  describe('whatever is sent', () => {
    /** Answers to strangers; none of them is a failure of ours. */
    const refusals = [400, 404, 405, 410, 413, 415, 422, 431];

    it('2,000 hostile requests get no answer that is not described', { timeout: 60_000 }, async () => {
      const before = await stack().pids();
      const document = await openApi(stack().socket, (path) => /^\/api\/v1\/(nodes|events)\b/.test(path));
      const waiting = fc.sample(hostileRequests(document), 2000).values();
      const objections: object[] = [];
      const seen = new Set<number>();
      const send = async () => {
        for (const { operation, ...request } of waiting) {
          const answer = await answerTo(stack().socket, request);
          seen.add(answer.status);
          const objection = objectionTo(document, operation, request, answer);
          if (objection !== null) objections.push({ objection, ...request, answer });
        }
      };
      await Promise.all(Array.from({ length: 8 }, send));
      expect(objections.slice(0, 3)).toEqual([]);
      // Hostile enough to be refused in many ways, and not so hostile that nothing gets through.
      expect([...seen]).toEqual(expect.arrayContaining([200, 201, 202, 204, 400, 404, 405, 413, 415, 422]));
      expect(await stack().pids()).toEqual(before);
      expect(await stack().socket.call('GET', '/readyz')).toMatchObject({ status: 200 });
    });

    function objectionTo(document: OpenApi, operation: Operation, request: Sent, answer: Answer): string | null {
      const { status, headers, text } = answer;
      const asked = request.method === operation.method;
      const hurried = request.headers?.['x-deadline-ms'] === '1';
      if (status >= 400 && !refusals.includes(status) && !(hurried && status === 504)) return `status ${status}`;
      if (!/^[!-~]{1,128}$/.test(headers['x-correlation-id'] ?? '')) return 'no correlation id';
      if (!asked)
        return status === 405 || status === 400 || (request.method === 'HEAD' && text === '') ? null : 'the method';
      return document.objection(operation, answer);
    }
  });
}

type Sent = Omit<HostileRequest, 'operation'>;
type Answer = Pick<HttpAnswer, 'status' | 'headers' | 'text'>;

/** The whole answer; of a stream, that it began. */
async function answerTo(http: Http, { method, path, ...options }: Sent): Promise<Answer> {
  const abort = new AbortController();
  const { status, headers, bytes } = await http.open(method, path, { ...options, signal: abort.signal });
  if (headers['content-type']?.startsWith('text/event-stream') === true) {
    abort.abort();
    return { status, headers, text: '' };
  }
  let text = '';
  for await (const part of bytes) text += Buffer.from(part).toString();
  return { status, headers, text };
}
