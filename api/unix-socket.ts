/**
 * Binds a server to a unix socket path. The socket is bound under a temporary name, for its owner only
 * (0600), and then renamed onto its path: no moment shows a socket that others may open, and a stale file is
 * replaced in one step. A path on which somebody answers, or that is no socket, is left alone.
 */
import { randomBytes } from 'node:crypto';
import { lstat, rename, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import path from 'node:path';
import { OmniBaseError } from '../contracts/error.ts';

export interface BoundSocket {
  /** Removes the file, unless another process has replaced it meanwhile. */
  release(): Promise<void>;
}

/** Bytes a socket path may have on the systems we run on (104 on macOS, 108 on Linux, one for the end). */
const longestPath = 103;

/** @throws OB011 naming the path and what is wrong with it */
export async function bindUnixSocket(server: Server, socketPath: string): Promise<BoundSocket> {
  if (Buffer.byteLength(socketPath) > longestPath) throw cannotListen(socketPath, 'the path is too long for a socket');
  if (await isAnswered(socketPath)) throw cannotListen(socketPath, 'another process answers there');
  // Shorter than any sensible name, so that the limit above covers it.
  const temporary = path.join(path.dirname(socketPath), `.${randomBytes(3).toString('hex')}`);
  try {
    await listen(server, temporary);
    await rename(temporary, socketPath);
  } catch (cause) {
    server.close();
    throw cannotListen(socketPath, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const own = await lstat(socketPath);
  return { release: () => releaseSocket(socketPath, own.ino) };
}

/** False when nothing is there or a dead socket is; throws when a file of another kind is there. */
async function isAnswered(socketPath: string): Promise<boolean> {
  const found = await lstat(socketPath).catch(ignoreMissing);
  if (found === undefined) return false;
  if (!found.isSocket()) throw cannotListen(socketPath, 'a file that is no socket is there');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(socketPath);
  probe.once('connect', () => resolve(true));
  probe.once('error', () => resolve(false));
  const answered = await promise;
  probe.destroy();
  return answered;
}

async function listen(server: Server, socketPath: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // The file is made within this call, so no other code runs under the mask.
  const mask = process.umask(0o177);
  server.listen(socketPath, resolve);
  process.umask(mask);
  await promise;
  server.removeListener('error', reject);
}

async function releaseSocket(socketPath: string, inode: number): Promise<void> {
  const found = await lstat(socketPath).catch(ignoreMissing);
  if (found?.ino === inode) await unlink(socketPath).catch(ignoreMissing);
}

function ignoreMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') throw cause;
}

function cannotListen(socketPath: string, reason: string, cause?: unknown): OmniBaseError {
  return new OmniBaseError('OB011', { details: { part: `api (${socketPath}: ${reason})` }, cause });
}
