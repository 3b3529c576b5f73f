/** What an export is made of: paths as byte strings, since a name may hold any byte. */

/** A regular file or symbolic link to export. */
export interface ExportItem {
  /** Byte string, one character per byte. */
  readonly path: string;
  readonly mode: string;
  readonly blob: string;
}

/** Something the tree holds and the export does not. */
export interface OmittedPath {
  readonly path: string;
  readonly reason: string;
}

/** Whether no checkout must ever write this name. */
export function isHostile({ path }: ExportItem): boolean {
  const parts = path.split('/');
  return parts.some(
    (part) => part === '' || part === '.' || part === '..' || /^\.git$/i.test(part) || part.length > 255,
  );
}

/** A byte string as text. */
export function printable(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** The place of a byte string below a folder. */
export function placeOf(root: string, path: string): Buffer {
  const folder = Buffer.from(root);
  return path === '' || path === '.' ? folder : Buffer.concat([folder, Buffer.from(`/${path}`, 'latin1')]);
}
