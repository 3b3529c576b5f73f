/** The targets that entrypoints name: files inside the root, packages, URLs, images (registry.md 2.5). */
import { isVersionSpec } from '../../../versions/version-spec.ts';
import { quote } from '../../../json/values.ts';
import { fail, type Place, type Reader } from '../../reading/place.ts';
import { text } from '../../reading/scalars.ts';

const targetText = text({ max: 255, form: { pattern: /^\P{Cc}*$/u, expected: 'a target without control characters' } });

/** `./path.js#export`: relative, inside its root; the export is `default` unless named. SC007. */
export const moduleTarget: Reader<string> = (value, at) => {
  const given = targetText(value, at);
  if (given === undefined) return undefined;
  const [path, exported] = splitExport(given);
  const inside = pathInsideRoot(path);
  if (inside === null) return failPath(given, at);
  return isExportName(exported) ? `./${inside}#${exported}` : failExport(exported, at);
};

/** `@scope/pkg/sub#export`. SC007. */
export const packageTarget: Reader<string> = (value, at) => {
  const given = targetText(value, at);
  if (given === undefined) return undefined;
  const [path, exported] = splitExport(given);
  const name = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:\/[A-Za-z0-9._~-]+)*$/;
  if (!name.test(path) || path.split('/').includes('..')) {
    return fail(at, 'SC007', `${quote(path)} is no package`, () => ({ expected: 'a package like @scope/name/sub' }));
  }
  return isExportName(exported) ? `${path}#${exported}` : failExport(exported, at);
};

/** A version spec (registry.md 7.1). SC007. */
export const versionSpec: Reader<string> = (value, at) => {
  const given = text({ min: 0 })(value, at);
  if (given === undefined) return undefined;
  if (isVersionSpec(given)) return given === '' ? '*' : given;
  return fail(at, 'SC007', `${quote(given)} is no version spec`, () => ({
    expected: 'a spec like 1.2.3, ^1.2, ~1.2.0, 1.x, latest or >=1.0.0,<2.0.0',
  }));
};

/** A file of another language, relative to the root. SC007. */
export const fileTarget: Reader<string> = (value, at) => {
  const given = targetText(value, at);
  if (given === undefined) return undefined;
  return pathInsideRoot(given) === null ? failPath(given, at) : given;
};

/** https only, and nothing secret in it. SC007. */
export const httpsUrl: Reader<string> = (value, at) => {
  const given = text({ max: 2048 })(value, at);
  if (given === undefined) return undefined;
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url?.protocol !== 'https:')
    return fail(at, 'SC007', `${quote(given)} is no https URL`, () => ({ expected: 'https://…' }));
  if (url.username !== '' || url.password !== '') return fail(at, 'SC007', 'the URL holds a user name or password');
  return given;
};

/** `name@sha256:…`: a tag can be moved, a digest cannot. SC007. */
export const pinnedImage: Reader<string> = text({
  max: 512,
  form: {
    pattern: /^[a-z0-9]+(?:[._:/-]+[A-Za-z0-9_]+)*@sha256:[0-9a-f]{64}$/,
    expected: 'an image pinned by digest, name@sha256:…',
  },
});

/** An image with or without tag or digest. */
export const imageReference: Reader<string> = text({
  max: 512,
  form: {
    pattern: /^[a-z0-9]+(?:[._:/-]+[A-Za-z0-9_]+)*(?:@sha256:[0-9a-f]{64})?$/,
    expected: 'an image like registry.example/team/name:1.0',
  },
});

function splitExport(given: string): readonly [path: string, exported: string] {
  const hash = given.indexOf('#');
  return hash === -1 ? [given, 'default'] : [given.slice(0, hash), given.slice(hash + 1)];
}

function isExportName(exported: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(exported);
}

/** The path without `.` and `..` segments; null when it is absolute, empty or leads out of the root. */
function pathInsideRoot(path: string): string | null {
  if (/^(?:[/\\~]|[A-Za-z]:[/\\]|[A-Za-z][A-Za-z0-9+.-]*:\/\/)/.test(path) || path.includes('\\')) return null;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) return null;
  }
  return kept.length === 0 || path.endsWith('/') ? null : kept.join('/');
}

function failPath(given: string, at: Place): undefined {
  return fail(at, 'SC007', `${quote(given)} is no file inside the root`, () => ({
    expected: 'a relative path like ./rules/check.js',
  }));
}

function failExport(exported: string, at: Place): undefined {
  return fail(at, 'SC007', `${quote(exported)} is no name of an export`, () => ({ expected: './path.js#name' }));
}
