/** How people name a run: the start of its id, `last`, or the workflow id they see in the Web UI. */

/** The part the control plane understands. */
export function runReference(given: string): string {
  return given.replace(/^stage\/[^/]+\//, '');
}
