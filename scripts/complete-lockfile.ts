/**
 * Completes `package-lock.json` after dependencies changed: `node scripts/complete-lockfile.ts`.
 *
 * A registry mirror may not carry the packages of other platforms (`@swc/core-darwin-arm64` …). `npm install` then leaves
 * them out of the lock file, and `npm ci` refuses it on every machine. Their versions are pinned by the package that lists
 * them, so their entries can be written down without asking anyone; `npm ci` skips them by `os` and `cpu` where they do not
 * belong.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

interface LockFile {
  packages: Record<string, LockEntry>;
}

/** Words in package names → values of `os`, `cpu` and `libc`. */
const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'windows',
];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];
const libraries: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  musl: 'musl',
  gnueabihf: 'glibc',
  musleabihf: 'musl',
};

const file = path.resolve(import.meta.dirname, '../package-lock.json');

async function main(): Promise<void> {
  const lock = JSON.parse(await readFile(file, 'utf8')) as LockFile;
  const added = missingEntries(lock);
  for (const [location, entry] of added) lock.packages[location] = entry;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stderr.write(`${added.length} entries added\n`);
}

function missingEntries({ packages }: LockFile): [string, LockEntry][] {
  return Object.entries(packages).flatMap(([parent, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies).flatMap(([name, version]): [string, LockEntry][] => {
      const candidates = [`${parent}/node_modules/${name}`, `node_modules/${name}`];
      const platform = platformOf(name);
      // A range, or a name that tells no platform, is not ours to guess.
      if (candidates.some((location) => location in packages) || platform === null || !/^\d/.test(version)) return [];
      return [[`node_modules/${name}`, { version, ...(dev === true ? { dev } : {}), optional: true, ...platform }]];
    }),
  );
}

/** `@scope/core-linux-arm64-musl` → linux, arm64, musl; null when the name does not tell. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> | null {
  const words = name.split(/[-/]/);
  const os = words.find((word) => systems.includes(word));
  const cpu = words.find((word) => processors.includes(word));
  const libc = words.map((word) => libraries[word]).find((value) => value !== undefined);
  if (os === undefined || cpu === undefined) return null;
  return {
    os: [os === 'windows' ? 'win32' : os],
    cpu: [cpu],
    ...(libc === undefined || os !== 'linux' ? {} : { libc: [libc] }),
  };
}

await main();
