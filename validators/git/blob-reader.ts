/** Reading the blobs of a snapshot by object id. */
import type { Repository } from './objects.ts';
import { openObjects } from './objects.ts';

export interface BlobReader {
  /** The content. @throws OmniBaseError OR014 when the object is missing. */
  read(oid: string): Promise<Buffer>;
  /** Size of an object in bytes, null when it is missing. */
  size(oid: string): Promise<number | null>;
  close(): void;
}

/**
 * Opens a reader on the repository of a snapshot. Readers of one repository share its kept git processes and the
 * memory of small blobs, so opening one is free.
 */
export function openBlobReader(snapshot: Repository): BlobReader {
  const objects = openObjects(snapshot);
  return {
    read: (oid) => objects.readBlob(oid),
    async size(oid) {
      const [header] = await objects.headers([oid]);
      return header?.size ?? null;
    },
    close: () => objects.release(),
  };
}
