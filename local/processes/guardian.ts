/**
 * Ends the servers when their owner is gone, SIGKILL included. A small shell process holds the reading end of
 * a pipe; the kernel closes the pipe with the owner, and then the guardian stops every process group it was
 * told about, in steps, within five seconds.
 */
import { spawn } from 'node:child_process';

export interface Guardian {
  /** Watches over a server: `stopSignal` asks it to end. */
  add(pid: number, stopSignal: NodeJS.Signals): void;
  /** Forgets a server that has ended, before its number is used again. */
  remove(pid: number): void;
  /** Lets the guardian go without touching anything. */
  dismiss(): void;
}

/**
 * Kept in plain POSIX sh: 1 MB instead of the 40 of a Node process. After the pipe closes: graceful signal,
 * 2 s; SIGQUIT (an immediate shutdown for Postgres), 1 s; SIGKILL to the whole groups.
 */
const script = `
trap '' INT TERM HUP QUIT
watched=''
while read -r verb pid name; do
  case $verb in
    add) watched="$watched $pid:$name" ;;
    remove)
      kept=''
      for entry in $watched; do
        [ "\${entry%%:*}" = "$pid" ] || kept="$kept $entry"
      done
      watched=$kept ;;
    dismiss) exit 0 ;;
  esac
done
alive() {
  for entry in $watched; do kill -0 "\${entry%%:*}" 2>/dev/null && return 0; done
  return 1
}
await() {
  left=$1
  while [ "$left" -gt 0 ] && alive; do sleep 0.1; left=$((left - 1)); done
}
for entry in $watched; do kill -s "\${entry##*:}" "\${entry%%:*}" 2>/dev/null; done
await 20
for entry in $watched; do kill -s QUIT "\${entry%%:*}" 2>/dev/null; done
await 10
for entry in $watched; do kill -s KILL -- "-\${entry%%:*}" 2>/dev/null; done
exit 0
`;

/** Starts a guardian of this process. When it is killed it is replaced and told everything again. */
export function startGuardian(): Guardian {
  const watched = new Map<number, NodeJS.Signals>();
  let dismissed = false;
  let child = launch();

  function launch() {
    const guardian = spawn('/bin/sh', ['-c', script, 'omnibase-guardian'], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    // Writing to a guardian that was just killed: its exit event replaces it.
    guardian.stdin.on('error', () => undefined);
    guardian.once('exit', () => {
      if (dismissed) return;
      child = launch();
      for (const [pid, name] of watched) tell(`add ${pid} ${name.slice(3)}`);
    });
    guardian.unref();
    if ('unref' in guardian.stdin && typeof guardian.stdin.unref === 'function') guardian.stdin.unref();
    return guardian;
  }

  function tell(line: string): void {
    child.stdin.write(`${line}\n`);
  }

  return {
    add(pid, stopSignal) {
      watched.set(pid, stopSignal);
      tell(`add ${pid} ${stopSignal.slice(3)}`);
    },
    remove(pid) {
      if (watched.delete(pid)) tell(`remove ${pid}`);
    },
    dismiss() {
      dismissed = true;
      tell('dismiss');
      child.stdin.end();
    },
  };
}
