/** What is wrong is refused with its code, its status or exit code, and all its problems (registration.md 14). */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { errorAnswerSchema } from '../../../../api/schemas/answers.ts';
import { createTestHome } from '../../../support/cli.ts';
import { badRequests, secret } from '../support/bad-requests.ts';
import { type NodeStack, writeSettings } from '../support/node-stack.ts';

/** @param stack the stack, once it is up */
export function badInput(stack: () => NodeStack): void {
  describe('over HTTP', () => {
    it.each(badRequests)(
      '$name is refused: $status $code',
      async ({ method, path, status, code, issues, ...options }) => {
        const answer = await stack().socket.call(method, path, options);
        const { error } = errorAnswerSchema.parse(answer.body);
        expect({ status: answer.status, code: error.code }).toEqual({ status, code });
        if (issues !== undefined) expect(error.issues?.map((one) => one.path).toSorted()).toEqual(issues.toSorted());
        expect(JSON.stringify(error.issues ?? []) + error.message).not.toContain(secret);
        expect(answer.headers['x-correlation-id']).toMatch(/^[!-~]{1,128}$/);
      },
    );
  });

  describe('at the command line', () => {
    const unknown = randomUUID();
    it.each<[number, string, string, string?]>([
      [2, 'OB002', 'register --type bogus'],
      [2, 'ND001', 'register'],
      [2, 'ND001', 'register --type effect --node-version v1'],
      [2, 'ND001', 'register --type effect --id nobody'],
      [2, 'ND001', 'register --file -', `{"node_type": "effect", "metadata": "${secret}"}`],
      [2, 'ND001', 'register --file -', `{"node_type": ${secret}`],
      [2, 'ND001', `deregister ${unknown} --reason ${'x'.repeat(1025)}`],
      [2, 'OB002', 'heartbeat nobody'],
      [2, 'OB002', `ack ${unknown} --attempt some`],
      [2, 'OB002', 'ls --state bogus'],
      [2, 'OB002', 'ls --limit 1001'],
      [2, 'ND002', 'ls --cursor bogus'],
      [2, 'OB002', 'ls --flapping'],
      [2, 'OB002', 'select --strategy bogus --tag x'],
      [2, 'OB002', 'select'],
      [2, 'OB002', 'regster'],
      [2, 'OB002', 'watch --since yesterday'],
      [3, 'ND003', `get ${unknown}`],
      [3, 'ND003', `get ${unknown} --live`],
      [3, 'ND004', 'select --tag nobody-has-it'],
    ])('exit %i, %s: node %s', async (exit, code, line, input = '') => {
      const { code: ended, stdout, stderr } = await stack().run(['node', ...line.split(' ')], { input });
      expect({ ended, stdout }).toEqual({ ended: exit, stdout: '' });
      expect(stderr).toContain(`[${code}]`);
      expect(stderr).toMatch(/^next: \S/m);
      expect(stderr).not.toContain(secret);
    });

    it.each(['ack', 'heartbeat', 'deregister'])(
      'exit 3: node %s of somebody unknown, as an answer',
      async (command) => {
        const { code, stdout } = await stack().run(['node', command, unknown, '--json']);
        expect(code).toBe(3);
        expect(JSON.parse(stdout)).toMatchObject({ result: 'unknown_node', next: 'introspect' });
      },
    );

    it('exit 4: an answer that is none', async () => {
      const { text: handshake } = await stack().socket.call('GET', '/api/v1/handshake');
      const impostor = createServer(({ url }, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(url === '/api/v1/handshake' ? handshake : '{"result":"activated"}');
      });
      await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = impostor.address() as AddressInfo;
        const env = { OMNIBASE_TOKEN: `omb_${'0'.repeat(43)}` };
        const address = `http://127.0.0.1:${port}`;
        const { code, stderr } = await stack().run(['node', 'ack', unknown, '--address', address], { env });
        expect(stderr).toContain('[ND017]');
        expect(code).toBe(4);
      } finally {
        impostor.close();
      }
    });

    it.each([
      ['registration.ack_timeout_ms', 5],
      ['registration.max_attempts', 'three'],
      ['sweep.mass_ratio', 2],
      ['deadlines.mode', 'lazy'],
      // Each within its range, and still no settings to live by: three intervals do not fit into the window.
      ['registration.heartbeat_interval_ms', 600_000],
    ])('exit 2: a stack with %s = %s does not start', async (key, value) => {
      const home = await createTestHome();
      try {
        await writeSettings(home.home, { [key]: value });
        const { code, stderr } = await home.run(['up']);
        expect(code).toBe(2);
        expect(stderr).toContain(key);
      } finally {
        await home.dispose();
      }
    });
  });
}
