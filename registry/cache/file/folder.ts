/** Reads of files and folders that need not exist. */
import { readdir, readFile, stat } from 'node:fs/promises';

/** Whether an exception is this error of the operating system. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

export async function listFolder(directory: string): Promise<string[]> {
  return (await orAbsent(readdir(directory))) ?? [];
}

export async function readText(path: string): Promise<string> {
  return (await orAbsent(readFile(path, 'utf8'))) ?? '';
}

export async function exists(path: string): Promise<boolean> {
  return (await orAbsent(stat(path))) !== null;
}

/** Null when there is no such file. */
export async function orAbsent<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return null;
    throw error;
  }
}
