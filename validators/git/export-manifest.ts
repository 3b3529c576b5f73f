/**
 * What an export looked like when it was made, and what has changed since. A command that writes into what it was
 * given to read would spoil it for the next one (NE010).
 */
import { type Stats, chmodSync, lstatSync, readdirSync } from 'node:fs';
import { setImmediate as otherWork } from 'node:timers/promises';
import { type ExportItem, type OmittedPath, placeOf, printable } from './export-items.ts';

export interface ExportManifest {
  /** Path (byte string) → what the file looked like. */
  readonly files: ReadonlyMap<string, string>;
  /** Folder (byte string, empty for the root) → names in it. */
  readonly folders: ReadonlyMap<string, ReadonlySet<string>>;
}

/** After so many files in one go, others get their turn. */
const filesAtOnce = 256;

/** Makes files and folders read-only and notes what they look like; what git could not write is `missing`. */
export async function sealExport(
  root: string,
  files: readonly ExportItem[],
  links: readonly ExportItem[],
): Promise<{ readonly manifest: ExportManifest; readonly missing: OmittedPath[] }> {
  const missing: OmittedPath[] = [];
  const seen = new Map<string, string>();
  const folders = new Map<string, Set<string>>([['', new Set()]]);
  for (const [index, { path, mode }] of [...files, ...links].entries()) {
    if (index % filesAtOnce === 0) await otherWork();
    const place = placeOf(root, path);
    const facts = lookAt(place);
    if (facts === null) {
      // A link that was left out is listed already.
      if (mode !== '120000') missing.push({ path: printable(path), reason: 'it could not be written' });
      continue;
    }
    if (facts.isFile()) chmodSync(place, mode === '100755' ? 0o555 : 0o444);
    seen.set(path, describe(lookAt(place)));
    enterFolders(folders, path);
  }
  for (const folder of folders.keys()) chmodSync(placeOf(root, folder), 0o555);
  return { manifest: { files: seen, folders }, missing };
}

/** Paths that differ from the manifest, at most 100. */
export async function changesSince(root: string, manifest: ExportManifest): Promise<string[]> {
  const changed = new Set<string>();
  let index = 0;
  for (const [path, before] of manifest.files) {
    index += 1;
    if (index % filesAtOnce === 0) await otherWork();
    if (describe(lookAt(placeOf(root, path))) !== before) changed.add(path);
  }
  for (const [folder, names] of manifest.folders) {
    const now = listFolder(placeOf(root, folder));
    if (now === null) changed.add(folder);
    for (const name of now ?? []) if (!names.has(name)) changed.add(folder === '' ? name : `${folder}/${name}`);
  }
  return [...changed].sort().slice(0, 100).map(printable);
}

function enterFolders(folders: Map<string, Set<string>>, path: string): void {
  for (let rest = path; ; ) {
    const slash = rest.lastIndexOf('/');
    const folder = slash < 0 ? '' : rest.slice(0, slash);
    const names = folders.get(folder);
    names?.add(rest.slice(slash + 1));
    if (names !== undefined) return;
    folders.set(folder, new Set([rest.slice(slash + 1)]));
    rest = folder;
  }
}

function describe(facts: Stats | null): string {
  return facts === null ? 'gone' : [facts.ino, facts.size, facts.mtimeMs, facts.mode].join(' ');
}

function lookAt(place: Buffer): Stats | null {
  try {
    return lstatSync(place);
  } catch {
    // Gone, or its folder is: that is the answer.
    return null;
  }
}

function listFolder(place: Buffer): string[] | null {
  try {
    return readdirSync(place, 'buffer').map((name) => name.toString('latin1'));
  } catch {
    // Gone or no folder any more: that is the answer.
    return null;
  }
}
