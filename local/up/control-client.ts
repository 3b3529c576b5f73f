/** Talks to a running supervisor over its control socket. */
import type { OmniPaths } from '../paths.ts';
import { requestOverSocket } from '../processes/socket-request.ts';
import { controlRoutes, type Restartable, type SupervisorReport } from '../supervisor/protocol.ts';

/** The supervisor's report, or null when none answers within `timeoutMs`. */
export async function readReport(
  paths: OmniPaths,
  options: { readonly timeoutMs: number; readonly memory?: boolean },
): Promise<SupervisorReport | null> {
  const path = options.memory === true ? controlRoutes.statusWithMemory : controlRoutes.status;
  const answer = await requestOverSocket({ socketPath: paths.control_socket_path, path, timeoutMs: options.timeoutMs });
  return answer?.status === 200 ? (JSON.parse(answer.body) as SupervisorReport) : null;
}

/** Asks the supervisor to stop; whether it heard. */
export async function askToStop(paths: OmniPaths): Promise<boolean> {
  return post(paths, controlRoutes.stop);
}

/** Asks for the restart of one part; false when it is external or nobody listens. */
export async function askToRestart(paths: OmniPaths, part: Restartable): Promise<boolean> {
  return post(paths, `${controlRoutes.restart}${part}`);
}

async function post(paths: OmniPaths, path: string): Promise<boolean> {
  const socketPath = paths.control_socket_path;
  const answer = await requestOverSocket({ socketPath, path, method: 'POST', timeoutMs: 3_000 });
  return answer?.status === 202;
}
