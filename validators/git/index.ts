/** What the rest of the product may ask of git: snapshots, their entries, blobs, exports, single files. */
export { takeSnapshot, type SnapshotRequest } from './snapshot.ts';
export { defaultEntryLimits, listEntries, type EntryLimits, type EntryList } from './entries.ts';
export { openBlobReader, type BlobReader } from './blob-reader.ts';
export { readBaseFile, readTreeFile } from './tree-file.ts';
export { closeObjects } from './objects.ts';
export { exportTree, type ExportRequest, type TreeExport } from './export.ts';
