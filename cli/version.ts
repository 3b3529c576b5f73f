/** The version of this program: put in by the build, read from package.json in a checkout. */
import { readFileSync } from 'node:fs';

export function ownVersion(): string {
  const built = (globalThis as { OMNIBASE_VERSION?: string }).OMNIBASE_VERSION;
  if (built !== undefined) return built;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
