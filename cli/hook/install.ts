/**
 * Installs, removes and inspects the hook (stages.md 14). Nothing of the user's is lost: a shell script
 * keeps its bytes around our block, anything else is moved aside and called afterwards.
 */
import { chmod, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { putBlock, removeBlock } from './block.ts';
import { classifyHook, type HookFile, type HookKind } from './classify.ts';
import type { HookPlace } from './locate.ts';
import { hookBlock, type RecordedProgram, shebang } from './script.ts';

/** Hooks that can be installed; the second only with `--merge`. */
export const hookNames = ['pre-commit', 'pre-merge-commit'] as const;
export type HookName = (typeof hookNames)[number];

const movedSuffix = '.local';

export interface HookState {
  readonly name: HookName;
  readonly path: string;
  readonly kind: HookKind;
  /** A foreign hook stands moved aside beside it. */
  readonly moved: boolean;
}

export interface HookChange {
  readonly name: HookName;
  readonly path: string;
  readonly action:
    | 'written'
    | 'refreshed'
    | 'unchanged'
    | 'block-added'
    | 'moved-aside'
    | 'removed'
    | 'block-removed'
    | 'restored'
    | 'absent';
}

/** What stands at the place of a hook now. */
export async function inspectHook(place: HookPlace, name: HookName): Promise<HookState> {
  const file = path.join(place.folder, name);
  const kind = classifyHook(await readHook(file), place.kind === 'husky');
  return { name, path: file, kind, moved: (await readHook(file + movedSuffix)) !== null };
}

/**
 * Writes the hook, or brings it up to date; a second time changes nothing.
 *
 * @param dryRun only tells what would be done
 */
export async function installHook(
  place: HookPlace,
  name: HookName,
  recorded: RecordedProgram,
  dryRun: boolean,
): Promise<HookChange> {
  const file = path.join(place.folder, name);
  const found = await readHook(file);
  const kind = classifyHook(found, place.kind === 'husky');
  const ownFile = kind === 'none' || kind === 'own' || kind === 'other';
  const wasMoved = kind === 'other' || (kind === 'own' && (await readHook(file + movedSuffix)) !== null);
  const block = hookBlock(recorded, { ownFile, moved: wasMoved ? name + movedSuffix : null });
  const text = putBlock(ownFile || found === null ? shebang : found.text, block);
  if (found !== null && kind !== 'other' && found.text === text && (kind !== 'own' || (found.mode & 0o111) !== 0))
    return { name, path: file, action: 'unchanged' };
  if (!dryRun) {
    if (kind === 'other') await moveAside(file);
    // A hook of the user's keeps its permission bits.
    await writeHook(file, text, ownFile ? 0o755 : (found?.mode ?? 0o755));
  }
  const action = {
    none: 'written',
    own: 'refreshed',
    guest: 'refreshed',
    shell: 'block-added',
    other: 'moved-aside',
  } as const;
  return { name, path: file, action: action[kind] };
}

/** Takes the hook out again and puts back what was there. */
export async function uninstallHook(place: HookPlace, name: HookName, dryRun: boolean): Promise<HookChange> {
  const file = path.join(place.folder, name);
  const found = await readHook(file);
  const kind = classifyHook(found, place.kind === 'husky');
  if (kind === 'own') {
    const moved = (await readHook(file + movedSuffix)) !== null;
    if (!dryRun) await (moved ? rename(file + movedSuffix, file) : rm(file));
    return { name, path: file, action: moved ? 'restored' : 'removed' };
  }
  if (kind !== 'guest' || found === null) return { name, path: file, action: 'absent' };
  if (!dryRun) await writeHook(file, removeBlock(found.text), found.mode);
  return { name, path: file, action: 'block-removed' };
}

async function moveAside(file: string): Promise<void> {
  const aside = file + movedSuffix;
  if ((await readHook(aside)) !== null) {
    const { OmniBaseError } = await import('../../contracts/error.ts');
    throw new OmniBaseError('OB003', {
      message: `${file} would have to be moved to ${aside}, but that file exists`,
      next: 'rename one of the two, then run `omnibase hook install` again',
    });
  }
  await rename(file, aside);
}

async function writeHook(file: string, text: string, mode: number): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, Buffer.from(text, 'latin1'), { mode });
  // The umask cuts the mode given above.
  await chmod(temporary, mode);
  await rename(temporary, file);
}

async function readHook(file: string): Promise<HookFile | null> {
  try {
    const stats = await lstat(file);
    const text = stats.isFile() ? (await readFile(file)).toString('latin1') : '';
    return { text, mode: stats.mode & 0o7777, isSymlink: !stats.isFile() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
