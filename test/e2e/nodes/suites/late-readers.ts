/** Events live for a week: who asks for older ones is told so (registration.md 10). */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../../db/client.ts';
import { purgeOutbox } from '../../../../db/stores/outbox/purge.ts';
import { waitFor } from '../../../support/cli.ts';
import { followEvents } from '../support/event-stream.ts';
import type { NodeStack } from '../support/node-stack.ts';

/** @param stack the stack, once it is up */
export function lateReaders(stack: () => NodeStack): void {
  describe('who comes too late for events', () => {
    it('is told with 410 and exit 2, and 0 is the oldest that is kept', async () => {
      const id = randomUUID();
      const body = { node_id: id, node_type: 'effect', timestamp: new Date().toISOString() };
      await stack().socket.call('POST', '/api/v1/nodes', { body });
      const database = openDatabase(stack().databaseUrl, { max: 1, applicationName: 'test' });
      try {
        await waitFor('three published events', async () => {
          const { rows } = await database.pool.query(
            `select from outbox where subject_id = $1 and pub_seq is not null`,
            [id],
          );
          return rows.length >= 3 || undefined;
        });
        // A week goes by for the first two events of all.
        await database.pool.query(
          `update outbox set published_at = published_at - interval '8 days' where pub_seq <= 2`,
        );
        expect(await purgeOutbox(database)).toBe(2);
      } finally {
        await database.close();
      }
      const ask = (after: string) => stack().socket.call('GET', `/api/v1/events?after=${after}`);
      const told = { error: { code: 'ND018', details: { oldest: '3' } } };
      expect(await ask('1')).toMatchObject({ status: 410, body: told });
      expect(await ask('999999999')).toMatchObject({ status: 410, body: told });
      const headers = { 'last-event-id': '1' };
      expect(await stack().socket.call('GET', '/api/v1/events', { headers })).toMatchObject({
        status: 410,
        body: told,
      });
      const { code, stderr } = await stack().run(['node', 'watch', '--since', '1', '--timeout', '10s']);
      expect(code).toBe(2);
      expect(stderr).toContain('[ND018]');
      const stream = await followEvents(stack().socket, '');
      await waitFor('the oldest event', () => stream.events.length > 0 || undefined);
      await stream.close();
      expect(stream.events[0]?.id).toBe('3');
    });
  });
}
