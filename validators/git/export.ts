/**
 * A tree on disk for commands (stages.md 4.4): the delivered files plus what a component says it needs, checked out
 * from a temporary index into a private folder. Files are 0444 or 0555, folders 0555. Git runs with a scratch
 * git directory of ours, which knows the objects and nothing else: line ends and encodings are converted as the
 * tree's attributes say, while no filter, hook or setting of the user's or the repository's takes part.
 */
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageEntry, StageSnapshot } from '../../contracts/stage.ts';
import { type PathMatcher, compileGlobs } from '../../domain/stage/globs.ts';
import { pathBytes } from '../../domain/stage/paths.ts';
import { removeTree } from '../files/remove-tree.ts';
import { joinObjectDirectories, snapshotEnvironment } from './environment.ts';
import { type ExportItem, type OmittedPath, isHostile, printable } from './export-items.ts';
import { linkInside } from './export-links.ts';
import { changesSince, sealExport } from './export-manifest.ts';
import { objectDirectoriesOf } from './loose-objects.ts';
import { git, runGit } from './process.ts';
import { parseListing } from './raw-records.ts';

export interface ExportRequest {
  /** Where the private folder is made, absolute; made itself when it is missing. */
  readonly directory: string;
  /** What the component was given; deleted entries and submodules have nothing to export. */
  readonly entries: readonly StageEntry[];
  /** Globs of further files it must see. */
  readonly needs: readonly string[];
  /** Exact paths of further files, taken only if the tree has them. */
  readonly wanted?: readonly string[];
  /** Everything, for components that look at the whole project. */
  readonly whole?: boolean;
}

export interface TreeExport {
  /** Absolute path of the exported root. */
  readonly root: string;
  readonly files: number;
  /** What the tree holds and the export does not, with the reason. */
  readonly omitted: readonly OmittedPath[];
  /** Paths that were changed, added or removed since the export was made; empty when it is intact. */
  changes(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/**
 * Exports files of the target tree.
 *
 * @throws OmniBaseError OR010 when git cannot write the export, OR014 when an object is missing.
 */
export async function exportTree(snapshot: StageSnapshot, request: ExportRequest): Promise<TreeExport> {
  await mkdir(request.directory, { recursive: true, mode: 0o700 });
  const base = await realpath(await mkdtemp(join(request.directory, 'export-')));
  const remove = () => removeTree(base);
  try {
    const root = join(base, 'tree');
    const all = await collect(snapshot, request);
    const items = all.filter((item) => !isHostile(item));
    const links = items.filter(({ mode }) => mode === '120000');
    const files = items.filter(({ mode }) => mode !== '120000');
    await checkOut(snapshot, base, root, files);
    const omittedLinks = await linkInside(snapshot, root, links);
    const sealed = await sealExport(root, files, links);
    return {
      root,
      files: sealed.manifest.files.size,
      omitted: [...all.filter(isHostile).map(refuse), ...omittedLinks, ...sealed.missing],
      changes: () => changesSince(root, sealed.manifest),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Delivered entries, needed files, and the attribute files that decide about conversion. */
async function collect(snapshot: StageSnapshot, request: ExportRequest): Promise<ExportItem[]> {
  const items = new Map<string, ExportItem>();
  const wanted = new Set(request.wanted?.map((path) => Buffer.from(path).toString('latin1')));
  const needed: PathMatcher = request.whole === true ? () => true : compileGlobs(request.needs);
  const args = ['ls-tree', '-r', '-z', '--full-tree', snapshot.target_tree];
  const listing = await git({ args, environment: snapshotEnvironment(snapshot) });
  for (const { path, mode, blob } of parseListing(listing, 'unchanged')) {
    const name = path.toString('latin1');
    if (mode === '160000') continue;
    if (needed(name) || wanted.has(name) || /(?:^|\/)\.gitattributes$/.test(name))
      items.set(name, { path: name, mode, blob });
  }
  for (const entry of request.entries) {
    if (entry.status === 'deleted' || entry.kind === 'gitlink') continue;
    const path = pathBytes(entry);
    items.set(path, { path, mode: entry.mode, blob: entry.blob });
  }
  return [...items.values()];
}

function refuse({ path }: ExportItem): OmittedPath {
  return { path: printable(path), reason: 'a part of its name is reserved or too long' };
}

async function checkOut(
  snapshot: StageSnapshot,
  base: string,
  root: string,
  files: readonly ExportItem[],
): Promise<void> {
  const environment = await scratchGit(snapshot, base, root);
  const records = files.map(({ path, mode, blob }) => `${mode} ${blob}\t${path}\0`).join('');
  const input = Buffer.from(records, 'latin1');
  await git({ args: [...anyName, 'update-index', '-z', '--index-info'], environment, input, directory: root });
  // It goes on after a file it could not write; what is missing is found when the export is sealed.
  await runGit({ args: [...anyName, 'checkout-index', '--all', '--quiet'], environment, directory: root });
}

/** Names that only other file systems mistake for `.git` are ordinary here. */
const anyName = ['-c', 'core.protectNTFS=false', '-c', 'core.protectHFS=false', '-c', 'core.autocrlf=false'];

/** A git directory that holds nothing but the way to the objects. */
async function scratchGit(snapshot: StageSnapshot, base: string, root: string): Promise<NodeJS.ProcessEnv> {
  const gitDir = join(base, 'git');
  await mkdir(join(gitDir, 'objects'), { recursive: true });
  await mkdir(join(gitDir, 'refs'));
  await mkdir(root);
  const format = snapshot.target_tree.length === 64 ? 'sha256' : 'sha1';
  const version = format === 'sha1' ? 0 : 1;
  const extension = format === 'sha1' ? '' : `[extensions]\n\tobjectformat = ${format}\n`;
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(gitDir, 'config'), `[core]\n\trepositoryformatversion = ${version}\n${extension}`);
  const objects = await objectDirectoriesOf(snapshot.git_dir, snapshot.object_directories);
  return {
    ...snapshotEnvironment({ git_dir: gitDir, object_directories: [] }),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: joinObjectDirectories(objects),
    GIT_WORK_TREE: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    HOME: base,
    XDG_CONFIG_HOME: base,
  };
}
