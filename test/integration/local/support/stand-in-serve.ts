/**
 * Stands in for `serve` in tests of the supervisor: answers readiness on the socket it is given, writes down
 * what it was started with, ends at SIGTERM. `STAND_IN` changes its behaviour: `never-ready`, `dies`.
 */
import { appendFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { ServeConfig } from '../../../../contracts/gateway.ts';

const config = JSON.parse(process.env['OMNIBASE_SERVE_CONFIG'] ?? '{}') as ServeConfig;
const { OMNIBASE_DATABASE_URL, TEMPORAL_ADDRESS, GIT_DIR, STAND_IN } = process.env;
const record = { pid: process.pid, config, OMNIBASE_DATABASE_URL, TEMPORAL_ADDRESS, GIT_DIR };
appendFileSync(join(config.state_dir, 'stand-in.jsonl'), `${JSON.stringify(record)}\n`);
process.stdout.write('stand-in serves\n');

if (STAND_IN === 'dies') process.exit(3);

let requests = 0;
const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    response.end(
      `omnibase_http_request_seconds_count{route="/api/v1/registry"} ${requests}\nprocess_cpu_seconds ${process.uptime()}\n`,
    );
    return;
  }
  if (request.url === '/use') requests += 1;
  response.statusCode = STAND_IN === 'never-ready' ? 503 : 200;
  const checks = [{ name: 'host', ok: STAND_IN !== 'never-ready', duration_ms: 0 }];
  response.end(JSON.stringify({ status: 'ready', checks }));
});
const socketPath = config.socket_path ?? '';
rmSync(socketPath, { force: true });
server.listen(socketPath);
process.once('SIGTERM', () => {
  server.close();
  process.exit(0);
});
