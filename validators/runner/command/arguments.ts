/**
 * From the entrypoint's `program` and `args` to what is executed. `{files}` stands for one argument per file, `{root}`
 * and `{config}` for paths. Names that are not UTF-8 cannot travel through Node's string arguments, so then a
 * generated script replaces itself with the program (`exec`), byte by byte; nothing is ever interpreted.
 */
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { StageEntry } from '../../../contracts/stage.ts';

export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
}

export interface InvocationRequest extends Invocation {
  readonly files: readonly Pick<StageEntry, 'path' | 'path_bytes'>[];
  /** Absolute root of the export. */
  readonly root: string;
  /** Absolute path of the options as JSON. */
  readonly config: string;
  /** Private folder for the script, when one is needed. */
  readonly scratch: string;
}

/** Fills the placeholders. */
export async function prepareInvocation(request: InvocationRequest): Promise<Invocation> {
  const program = locateProgram(request.program, request.root);
  const words = request.args.flatMap((argument) => expand(argument, request));
  if (words.every((word) => typeof word === 'string')) return { program, args: words };
  const script = path.join(request.scratch, 'exec.sh');
  const quoted = [program, ...words].map(quote);
  await writeFile(script, Buffer.concat([Buffer.from('exec'), ...quoted, Buffer.from('\n')]), { mode: 0o500 });
  await chmod(script, 0o500);
  return { program: '/bin/sh', args: [script] };
}

/** A program with a folder in its name is one of the repository's own; a bare name is looked up on PATH. */
export function locateProgram(program: string, root: string): string {
  if (path.isAbsolute(program) || !program.includes('/')) return program;
  return path.join(root, program);
}

function expand(argument: string, request: InvocationRequest): (string | Buffer)[] {
  if (argument === '{files}') return request.files.map(fileArgument);
  return [argument.replaceAll('{root}', request.root).replaceAll('{config}', request.config)];
}

/** A name that begins with a dash would be taken for an option. */
function fileArgument({ path: name, path_bytes }: Pick<StageEntry, 'path' | 'path_bytes'>): string | Buffer {
  const prefix = name.startsWith('-') ? './' : '';
  if (path_bytes === undefined) return `${prefix}${name}`;
  return Buffer.concat([Buffer.from(prefix), Buffer.from(path_bytes, 'base64')]);
}

/** Single quotes for the shell's `exec`; inside them every byte stands for itself. */
function quote(word: string | Buffer): Buffer {
  const bytes = Buffer.from(word).toString('latin1').replaceAll("'", String.raw`'\''`);
  return Buffer.from(` '${bytes}'`, 'latin1');
}
