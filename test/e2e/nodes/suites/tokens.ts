/** Who may speak and read over TCP: nobody without a token, and a token only what it was made for. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NodeStack } from '../support/node-stack.ts';

/** @param stack the stack, once it is up */
export function tokens(stack: () => NodeStack): void {
  describe('over TCP', () => {
    const routes = [
      ['POST', '/api/v1/nodes'],
      ['POST', '/api/v1/nodes/heartbeats'],
      ['POST', `/api/v1/nodes/${randomUUID()}/ack`],
      ['POST', `/api/v1/nodes/${randomUUID()}/heartbeat`],
      ['DELETE', `/api/v1/nodes/${randomUUID()}`],
      ['POST', '/api/v1/nodes/introspection-requests'],
      ['GET', '/api/v1/nodes'],
      ['GET', '/api/v1/nodes/counts'],
      ['GET', `/api/v1/nodes/${randomUUID()}`],
      ['GET', `/api/v1/nodes/${randomUUID()}/transitions`],
      ['GET', `/api/v1/nodes/${randomUUID()}/live`],
      ['GET', `/api/v1/nodes/${randomUUID()}/offer`],
      ['POST', '/api/v1/nodes/select'],
      ['GET', '/api/v1/events'],
    ] as const;
    const isWrite = (method: string, path: string) => method !== 'GET' && !path.endsWith('/select');

    it('nobody passes without a token that is known', async () => {
      for (const given of [null, 'omb_0000000000000000000000000000000000000000000']) {
        for (const [method, path] of routes) {
          const { status, body, headers } = await stack()
            .tcp(given)
            .call(method, path, { ...bodyFor(method) });
          expect([method, path, status]).toEqual([method, path, 401]);
          expect(body).toMatchObject({ error: { code: 'OB006' } });
          expect(headers['x-correlation-id']).toMatch(/^[!-~]{1,128}$/);
        }
      }
    });

    it('reading needs node.read, speaking node.register, and nothing else will do', async () => {
      const [reader, writer, other] = await Promise.all([
        stack().token('node.read'),
        stack().token('node.register'),
        stack().token('registry.read', 'stage.run'),
      ]);
      for (const [method, path] of routes) {
        const denied = isWrite(method, path) ? [reader, other] : [writer, other];
        for (const given of denied) {
          const { status, body } = await stack()
            .tcp(given)
            .call(method, path, { ...bodyFor(method) });
          expect([method, path, status]).toEqual([method, path, 403]);
          const capability = isWrite(method, path) ? 'node.register' : 'node.read';
          expect(body).toMatchObject({ error: { code: 'SX001', details: { capability } } });
        }
      }
    });
  });
}

function bodyFor(method: string): { readonly body?: object } {
  return method === 'GET' ? {} : { body: {} };
}
