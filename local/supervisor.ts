/**
 * The background process of the local stack: one per user and state directory. It starts Postgres, the
 * Temporal dev server and `serve`, keeps them running, and answers on its control socket.
 */
import { protocolNumber } from '../contracts/gateway.ts';
import { externalParts } from './external.ts';
import { resolveHostId } from './host-id.ts';
import { installation } from './installation.ts';
import { createStateDirectories, resolvePaths } from './paths.ts';
import { tryLock } from './processes/lock.ts';
import { startControlServer } from './supervisor/control-server.ts';
import { untilIdle } from './supervisor/idle.ts';
import { readOptions, type SupervisorOptions } from './supervisor/options.ts';
import { lockName } from './supervisor/protocol.ts';
import { createStack } from './supervisor/stack.ts';

/** Runs a supervisor in this process until it is asked to stop. Ends at once when another one runs. */
async function supervise(env: NodeJS.ProcessEnv, options: SupervisorOptions): Promise<void> {
  const paths = resolvePaths(env);
  createStateDirectories(paths);
  const lock = tryLock(paths.state_dir, lockName);
  if (!lock.acquired) return note(`supervisor ${lock.owner.pid} already serves ${paths.state_dir}`);
  const { version } = installation();
  note(`supervisor ${process.pid} starts, version ${version}`);
  const stack = createStack({ env, paths, options, version, note, external: externalParts(env) });
  let stopping: Promise<void> | null = null;
  const stop = (why: string): void => {
    if (stopping === null) note(`stopping: ${why}`);
    stopping ??= stack.stop();
  };
  const ended = async (): Promise<void> => stopping ?? undefined;
  const handshake = {
    protocol: protocolNumber,
    version,
    node: process.version,
    pid: process.pid,
    instance_id: `supervisor-${process.pid}`,
    host_id: resolveHostId(env, paths.state_dir),
  };
  const server = await startControlServer(paths.control_socket_path, {
    async report(withMemory) {
      const status = await stack.status(withMemory);
      return { handshake, status, notices: stack.notices(), failure: stack.failure(), stopping: stopping !== null };
    },
    stop: () => stop('asked on the control socket'),
    restart: (part) => stack.restart(part),
  });
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  process.on('SIGHUP', () => note('SIGHUP ignored'));
  if (options.exit_with_parent) {
    const orphaned = (): void => stop('the process that started it ended');
    process.stdin.resume().once('end', orphaned).once('error', orphaned);
  }
  const over = new AbortController();
  if (options.idle_stop_ms !== null) {
    void untilIdle({ socketPath: paths.socket_path, idleMs: options.idle_stop_ms, signal: over.signal }).then(
      (idle) => {
        if (idle) stop(`not used for ${options.idle_stop_ms} ms`);
      },
    );
  }
  await stack.run();
  over.abort();
  await ended();
  server.close();
  lock.release();
  note('stopped');
  process.exit(0);
}

function note(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

try {
  await supervise(process.env, readOptions(process.env));
} catch (error) {
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
