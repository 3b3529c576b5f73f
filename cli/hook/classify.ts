/** What stands where a hook belongs, and so how it has to be treated (stages.md 14). */
import { findBlock, removeBlock } from './block.ts';
import { ownFileMark, shebang } from './script.ts';

export interface HookFile {
  /** Bytes of the file as latin1 text. */
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
  readonly isSymlink: boolean;
}

/**
 * `none`: no file. `own`: written by us, nothing else in it. `guest`: someone's shell script with our
 * block. `shell`: someone's shell script. `other`: anything our block cannot be put into: a program, a
 * script of another language, a link to a file that may be under version control, or a script that git
 * does not run because it is not executable.
 */
export type HookKind = 'none' | 'own' | 'guest' | 'shell' | 'other';

const shells = /^#!\s*(\/usr\/bin\/env\s+(-S\s+)?)?(\S*\/)?(sh|bash|dash|ksh|zsh|ash)(\s|$)/;

/**
 * @param file what stands at the path of the hook, null for nothing
 * @param mayLackShebang husky's own files are sourced by `sh` and need neither a shebang nor the x bit
 */
export function classifyHook(file: HookFile | null, mayLackShebang: boolean): HookKind {
  if (file === null) return 'none';
  if (file.isSymlink) return 'other';
  const block = findBlock(file.text);
  if (block !== null) {
    const inside = file.text.slice(block.start, block.end);
    return inside.includes(ownFileMark) && removeBlock(file.text) === shebang ? 'own' : 'guest';
  }
  if (mayLackShebang) return file.text.includes('\0') ? 'other' : 'shell';
  return shells.test(file.text) && (file.mode & 0o111) !== 0 ? 'shell' : 'other';
}
