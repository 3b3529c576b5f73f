/** Streams that keep what is written, so that a command can be run in process. */
import { Readable } from 'node:stream';
import { type CliIo, defaultColumns, type Environment, mayColour, type OutputStream } from '../../../../cli/io.ts';

export interface MemoryIo extends CliIo {
  readonly out: () => string;
  readonly err: () => string;
}

export interface MemoryIoOptions {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly input?: string;
  /** Columns of a terminal; no terminal without it. */
  readonly terminal?: number;
}

export function memoryIo({ env = {}, cwd = '/', input = '', terminal }: MemoryIoOptions = {}): MemoryIo {
  const out: string[] = [];
  const err: string[] = [];
  const stream = (sink: string[]): OutputStream => ({
    write: (text) => sink.push(text),
    flush: () => Promise.resolve(),
    isTerminal: terminal !== undefined,
    isClosed: false,
    columns: terminal ?? defaultColumns,
    colour: mayColour({ isTerminal: terminal !== undefined, env, noColor: false }),
    canRedraw: terminal !== undefined && env['TERM'] !== 'dumb',
  });
  return {
    env,
    cwd,
    stdin: Readable.from([Buffer.from(input)]),
    stdout: stream(out),
    stderr: stream(err),
    out: () => out.join(''),
    err: () => err.join(''),
  };
}
