import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { idleMilliseconds, untilIdle, usageMark } from '../../../local/supervisor/idle.ts';

let directory: string;
let server: Server;
let metrics: () => string;
const socketPath = () => join(directory, 'api.sock');
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'omnibase-idle-'));
  metrics = () => 'omnibase_x 1\n';
  server = createServer((_request, response) => response.end(metrics())).listen(socketPath());
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const watch = (signal = new AbortController().signal) =>
  untilIdle({ socketPath: socketPath(), idleMs: 200, intervalMs: 20, signal });

it('reads the durations of the configuration', () => {
  expect(['30m', '8h', '2d', 'off'].map(idleMilliseconds)).toEqual([1_800_000, 28_800_000, 172_800_000, null]);
});

it('counts what moves our figures, and neither probes nor the process itself', () => {
  const mark = usageMark('omnibase_runs 1\nprocess_cpu 1\n');
  expect(usageMark('omnibase_runs 1\nprocess_cpu 2\nomnibase_http_request_seconds_count{route="/readyz"} 7\n')).toBe(
    mark,
  );
  expect(usageMark('omnibase_runs 2\nprocess_cpu 1\n')).not.toBe(mark);
});

it('ends once nothing has moved for long enough, not before', async () => {
  const started = performance.now();
  metrics = () => `omnibase_x ${performance.now() - started < 300 ? performance.now() : 'still'}\n`;
  expect(await watch()).toBe(true);
  expect(performance.now() - started).toBeGreaterThanOrEqual(500);
});

it('does not take silence for idleness', async () => {
  server.close();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 600);
  expect(await watch(abort.signal)).toBe(false);
});
