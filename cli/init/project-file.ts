/** The text of a new `omnibase.config.yaml`. */

/**
 * Validators that a change must not be able to skip, best first: those that keep secrets out, else those that
 * keep half-done merges out. Only ones that are registered may be named.
 */
const sensibleRequired: readonly (readonly string[])[] = [['secrets'], ['private-key', 'merge-conflict']];

/** @param documents metadata of the built-in validators that `init` registers */
export function projectFile(documents: readonly unknown[]): string {
  const names = new Set(documents.map(nameOf));
  const required =
    sensibleRequired.map((group) => group.filter((name) => names.has(name))).find((group) => group.length > 0) ?? [];
  return [
    '# Settings of OmniBase for this repository.',
    '# All keys and where their values come from: omnibase config list',
    '# What one means: omnibase config explain stages.ci.required',
    'stages:',
    '  ci:',
    '    # Join every selection of the stage; no flag and no environment variable can skip them.',
    `    required: [${required.join(', ')}]`,
    '',
  ].join('\n');
}

function nameOf(document: unknown): string {
  return typeof document === 'object' && document !== null && 'name' in document ? String(document.name) : '';
}
