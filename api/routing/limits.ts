/** Sizes of the border: what a request may weigh before anything looks at it. */

/** Body of a route that names no other limit, bytes. */
export const defaultBodyLimit = 64 * 1024;
/** A component document, bytes; larger ones are refused by their size (registry.md 14). */
export const documentLimit = 1024 * 1024;
/** A stage-run request, bytes; its path list has the tighter limit below. */
export const stageRunLimit = 1024 * 1024;
/** `snapshot.paths` of a stage-run request as JSON, bytes: it travels in a Temporal payload. */
export const snapshotPathsLimit = 200 * 1024;
/** Arrays and objects within each other in a body. */
export const nestingLimit = 64;
/** One path parameter, decoded characters. */
export const parameterLimit = 4096;
