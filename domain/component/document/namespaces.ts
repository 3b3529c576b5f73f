/** Which namespaces a registry accepts: `registry.namespaces.allow` (registry.md 2.3). */

/** Whether a namespace matches one of the globs; `*` stands for any characters, `?` for one. */
export function namespaceAllowed(namespace: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matches(namespace, glob));
}

/** Linear in the length of both: a star only ever remembers its last position. */
function matches(text: string, glob: string): boolean {
  let [at, inGlob] = [0, 0];
  let star: { readonly inGlob: number; at: number } | null = null;
  while (at < text.length) {
    const wanted = glob.charAt(inGlob);
    if (wanted === '*') star = { inGlob: ++inGlob, at };
    else if (wanted === '?' || wanted === text.charAt(at)) [at, inGlob] = [at + 1, inGlob + 1];
    else if (star !== null) [at, inGlob] = [++star.at, star.inGlob];
    else return false;
  }
  return /^\**$/.test(glob.slice(inGlob));
}
