/**
 * The streams, environment and folder a command works with. Commands never touch `process` directly, so
 * that a test can run them in process and a closed pipe is handled in one place.
 */
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';

/** Where text goes, and what the other end can show. */
export interface OutputStream {
  /** Writes text as it is; after the reader has gone it does nothing. */
  write(text: string): void;
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>;
  readonly isTerminal: boolean;
  /** Whether the reader has gone; found out only by writing. */
  readonly isClosed: boolean;
  /** Display columns of the terminal, 100 where there is none. */
  readonly columns: number;
  /** Whether colour may be used (stages.md 12). */
  readonly colour: boolean;
  /** Whether cursor movement works: a terminal that is not dumb. */
  readonly canRedraw: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CliIo {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Facts about a stream that decide about colour. */
export interface StreamFacts {
  readonly isTerminal: boolean;
  readonly env: Environment;
  /** `--no-color` was given. */
  readonly noColor: boolean;
}

/**
 * Colour rule of one stream (stages.md 12): a terminal, no `NO_COLOR`, no `--no-color`, `TERM` not dumb,
 * no `CI=true`; `FORCE_COLOR` wins over all but an explicit flag.
 */
export function mayColour({ isTerminal, env, noColor }: StreamFacts): boolean {
  if (noColor) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTerminal && env['TERM'] !== 'dumb' && env['CI'] !== 'true';
}

/** Columns used where the other end is no terminal (stages.md 12: at most 100). */
export const defaultColumns = 100;

/** The real streams of this process. */
export function processIo(noColor: boolean): CliIo {
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: wrapStream(process.stdout, noColor),
    stderr: wrapStream(process.stderr, noColor),
  };
}

function wrapStream(stream: NodeJS.WriteStream & { readonly fd: number }, noColor: boolean): OutputStream {
  const isTerminal = isatty(stream.fd);
  let closed = false;
  // A reader that goes away (`omnibase … | head`) ends the printing, never the run: stages.md 13.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    closed = true;
  });
  return {
    isTerminal,
    get isClosed() {
      return closed;
    },
    get columns() {
      return isTerminal && stream.columns > 0 ? stream.columns : defaultColumns;
    },
    colour: mayColour({ isTerminal, env: process.env, noColor }),
    canRedraw: isTerminal && process.env['TERM'] !== 'dumb',
    write(text) {
      if (!closed) stream.write(text);
    },
    flush() {
      if (closed) return Promise.resolve();
      return new Promise((resolve) => {
        stream.once('error', () => resolve());
        stream.write('', () => resolve());
      });
    },
  };
}
