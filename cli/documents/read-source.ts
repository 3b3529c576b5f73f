/**
 * Reads files named on the command line, or stdin as `-`: text that is UTF-8 and of a sane size
 * (registry.md 14, 15).
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { type ErrorCode, OmniBaseError } from '../../contracts/error.ts';
import type { CliIo } from '../io.ts';

export interface SourceText {
  /** As the person wrote it; `stdin` for `-`. */
  readonly shown: string;
  /** Absolute path, null for stdin. */
  readonly path: string | null;
  readonly text: string;
}

/** Largest file that is looked into, bytes (FS005 of registry.md 9). */
export const maxSourceBytes = 5 * 1024 * 1024;

/** Bytes at the start in which a NUL tells a binary file. */
const sniffedBytes = 8192;

/**
 * @throws FS001 missing, FS003 unreadable, a directory or too large, FS008 binary, FS009 not UTF-8
 */
export async function readSource(io: CliIo, operand: string): Promise<SourceText> {
  const shown = operand === '-' ? 'stdin' : operand;
  const file = operand === '-' ? null : path.resolve(io.cwd, operand);
  if (file === null && io.stdin.isTTY === true)
    io.stderr.write('omnibase: reading from the terminal; end with Ctrl-D\n');
  const bytes = file === null ? await readAll(io.stdin, shown) : await readFileBytes(file, shown);
  if (bytes.subarray(0, sniffedBytes).includes(0)) throw fileError('FS008', shown);
  try {
    return { shown, path: file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    throw fileError('FS009', shown, undefined, error);
  }
}

async function readFileBytes(file: string, shown: string): Promise<Buffer> {
  const handle = await openFile(file, shown);
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw fileError('FS003', shown, 'it is a directory');
    if (stats.size > maxSourceBytes) throw fileError('FS003', shown, tooLarge);
    return await readAll(handle.createReadStream({ autoClose: false }), shown);
  } finally {
    await handle.close();
  }
}

async function openFile(file: string, shown: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDONLY);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw fileError('FS001', shown, undefined, error);
    throw fileError('FS003', shown, code === 'EACCES' ? 'permission denied' : message, error);
  }
}

const tooLarge = `it is larger than ${maxSourceBytes} bytes`;

/** Pipes have no size: reading stops at the limit. */
async function readAll(stream: AsyncIterable<unknown>, shown: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    total += bytes.length;
    if (total > maxSourceBytes) throw fileError('FS003', shown, tooLarge);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function fileError(code: ErrorCode, shown: string, reason?: string, cause?: unknown): OmniBaseError {
  return new OmniBaseError(code, { details: { path: shown, ...(reason === undefined ? {} : { reason }) }, cause });
}
