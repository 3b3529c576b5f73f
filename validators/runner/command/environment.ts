/**
 * What a child process sees of the environment (stages.md 7.3): an allow-list, scratch folders, the ids of the run and
 * the names its metadata asks for. Nothing of git's, nothing of ours, no proxy of chance.
 */
import { tokenVariable } from '../processes/proc.ts';

const allowed = /^(?:PATH|LANG|LC_[A-Z]+|TZ|CI)$/;

/** Names that would undo the isolation; metadata cannot ask for them. */
const refused = /^(?:GIT_|OMNIBASE_|LD_|DYLD_|NODE_OPTIONS$|BASH_ENV$|ENV$|HOME$|TMPDIR$)/;

export interface ChildEnvironmentRequest {
  /** Environment of the host worker. */
  readonly host: Readonly<Record<string, string | undefined>>;
  /** Names the component asks for. */
  readonly names: readonly string[];
  readonly scratch: { readonly home: string; readonly temporary: string };
  readonly token: string;
  readonly run: { readonly id: string; readonly stage: string; readonly correlation_id: string };
}

/** Environment for one child. */
export function childEnvironment(request: ChildEnvironmentRequest): Record<string, string> {
  const asked = new Set(request.names.filter((name) => !refused.test(name)));
  const inherited = Object.entries(request.host).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && (allowed.test(entry[0]) || asked.has(entry[0])),
  );
  return {
    ...Object.fromEntries(inherited),
    NO_COLOR: '1',
    TERM: 'dumb',
    HOME: request.scratch.home,
    TMPDIR: request.scratch.temporary,
    OMNIBASE_RUN_ID: request.run.id,
    OMNIBASE_STAGE: request.run.stage,
    OMNIBASE_CORRELATION_ID: request.run.correlation_id,
    [tokenVariable]: request.token,
  };
}
