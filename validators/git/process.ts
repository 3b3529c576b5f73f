/** One git process from start to end: bytes in, bytes out, no shell, bounded output. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { OmniBaseError } from '../../contracts/error.ts';
import { quietOptions } from './environment.ts';

export interface GitCall {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory?: string;
  readonly input?: Buffer | string;
}

export interface GitOutput {
  /** Exit code; a process ended by a signal counts as 128. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The most standard error that is kept, bytes. */
const keptErrorBytes = 16_384;

/**
 * Runs git and answers its exit code with both streams; a non-zero code is an answer, not an error.
 *
 * @throws OmniBaseError OR010 when git itself cannot be started.
 */
export function runGit(call: GitCall): Promise<GitOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...quietOptions, ...call.args], {
      env: call.environment,
      ...(call.directory === undefined ? {} : { cwd: call.directory }),
      stdio: [call.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < keptErrorBytes) stderr += chunk.toString('utf8');
    });
    child.on('error', (cause) => reject(gitUnavailable(cause, call.directory)));
    child.on('close', (code) => resolve({ code: code ?? 128, stdout: Buffer.concat(stdout), stderr: stderr.trim() }));
    // A process that ended early closes its standard input; its exit code tells why.
    child.stdin?.on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' || reject(error));
    child.stdin?.end(call.input);
  });
}

/** Like `runGit`, for calls whose failure means that the repository cannot be used (OR010 with git's own text). */
export async function git(call: GitCall): Promise<Buffer> {
  const output = await runGit(call);
  if (output.code !== 0) throw repositoryError(output.stderr);
  return output.stdout;
}

/** OR010 with git's own text. */
export function repositoryError(stderr: string): OmniBaseError {
  const text = stderr.replaceAll(/^(?:fatal|error): /gm, '').trim();
  return new OmniBaseError('OR010', { details: { git: text === '' ? 'git ended without a message' : text } });
}

function gitUnavailable(cause: NodeJS.ErrnoException, directory: string | undefined): OmniBaseError {
  const noDirectory = directory !== undefined && !existsSync(directory);
  if (noDirectory) return new OmniBaseError('OR010', { details: { git: `there is no directory ${directory}` }, cause });
  const reason = cause.code === 'ENOENT' ? 'git was not found on PATH' : cause.message;
  return new OmniBaseError('OR010', {
    details: { git: reason },
    next: 'install git >= 2.30 and put it on PATH',
    cause,
  });
}
