/**
 * The environment of every git call (stages.md 4.1). A snapshot is taken where the caller stands, so the
 * variables by which git locates a repository and its configuration are kept; all others that git reads are
 * dropped. Later calls need only the object store and carry nothing of the caller's.
 */
import { resolve } from 'node:path';
import type { StageSnapshot } from '../../contracts/stage.ts';

/** Variables that say where the repository is. */
const locationNames = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CEILING_DIRECTORIES',
  'GIT_DISCOVERY_ACROSS_FILESYSTEM',
  'GIT_EXEC_PATH',
];

/** `GIT_CONFIG_COUNT`, `GIT_CONFIG_GLOBAL`, ...: a CI job may allow its checkout (`safe.directory`) only there. */
const configurationPrefix = 'GIT_CONFIG';

/** Settings that hold for every call: no locks taken in passing, no prompt, stable texts, real objects. */
const fixed = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  LC_ALL: 'C',
} as const;

/** Options that precede every git command: nothing configured may start a program of its own. */
export const quietOptions: readonly string[] = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.splitIndex=false',
  '-c',
  'core.quotePath=false',
  '-c',
  'gc.auto=0',
];

/** A copy of `environment` without any variable that git reads. */
function withoutGit(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^git_/i.test(name)));
}

/** The environment for calls on behalf of the caller: the place and configuration the caller named, nothing else. */
export function callerEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name, value]) => value !== undefined && (locationNames.includes(name) || name.startsWith(configurationPrefix)),
  );
  return { ...withoutGit(environment), ...Object.fromEntries(kept), ...fixed };
}

/** The environment for calls on a snapshot: its repository and the object directories it was taken with. */
export function snapshotEnvironment(
  snapshot: Pick<StageSnapshot, 'git_dir' | 'object_directories'>,
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const alternates = joinObjectDirectories(snapshot.object_directories);
  return {
    ...withoutGit(environment),
    ...(environment['GIT_EXEC_PATH'] === undefined ? {} : { GIT_EXEC_PATH: environment['GIT_EXEC_PATH'] }),
    GIT_DIR: snapshot.git_dir,
    ...(alternates === '' ? {} : { GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates }),
    ...fixed,
  };
}

/** Directories of `GIT_ALTERNATE_OBJECT_DIRECTORIES`, absolute; git reads relative ones from where it stands. */
export function alternateDirectories(environment: NodeJS.ProcessEnv, directory: string): string[] {
  const value = environment['GIT_ALTERNATE_OBJECT_DIRECTORIES'] ?? '';
  return splitObjectDirectories(value).map((path) => resolve(directory, path));
}

/** Joins directories the way git splits them: colons between, quoted where a name holds a colon or quote. */
export function joinObjectDirectories(directories: readonly string[]): string {
  return directories.map((directory) => (/[:"\\\n]/.test(directory) ? quote(directory) : directory)).join(':');
}

/** The inverse of `joinObjectDirectories`. */
function splitObjectDirectories(value: string): string[] {
  const parts = value.match(/"(?:[^"\\]|\\.)*"|[^:]+/gs) ?? [];
  return parts.map((part) => (part.startsWith('"') ? unquote(part) : part)).filter((part) => part !== '');
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`).replaceAll('\n', '\\n')}"`;
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
}
