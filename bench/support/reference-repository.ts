/**
 * The reference case of the stage benchmarks: 200 staged files, about 1.2 MiB (60 JSON, 60 YAML of 160 lines,
 * 40 Markdown, 40 text), always the same bytes for the same seed.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface ReferenceRepository {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  remove(): void;
}

/** Makes the repository and stages everything; nothing is committed but an empty root. */
export function createReferenceRepository(seed = 20260101): ReferenceRepository {
  const folder = mkdtempSync(path.join(tmpdir(), 'omnibase-bench-'));
  const random = mulberry32(seed);
  const files = [...jsonFiles(random), ...yamlFiles(random), ...markdownFiles(random), ...textFiles(random)];
  const env = {
    ...process.env,
    GIT_AUTHOR_NAME: 'b',
    GIT_AUTHOR_EMAIL: 'b@example.com',
    GIT_COMMITTER_NAME: 'b',
    GIT_COMMITTER_EMAIL: 'b@example.com',
  };
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, env, stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('commit', '--quiet', '--allow-empty', '--message', 'root');
  for (const { name, content } of files) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  git('add', '.');
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  return { folder, files: files.length, bytes, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

interface GeneratedFile {
  readonly name: string;
  readonly content: string;
}

const words =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon'.split(
    ' ',
  );

function jsonFiles(random: () => number): GeneratedFile[] {
  return times(60, (index) => {
    const items = times(60, (item) => ({
      id: item,
      name: sentence(random, 3),
      weight: random(),
      tags: times(3, () => word(random)),
    }));
    return { name: `data/${index}.json`, content: `${JSON.stringify({ version: index, items }, null, 2)}\n` };
  });
}

function yamlFiles(random: () => number): GeneratedFile[] {
  return times(60, (index) => {
    const lines = times(159, (line) => (line % 8 === 0 ? `section_${line}:` : `  key_${line}: ${sentence(random, 4)}`));
    return { name: `config/${index}.yaml`, content: ['---', ...lines].join('\n').concat('\n') };
  });
}

function markdownFiles(random: () => number): GeneratedFile[] {
  return times(40, (index) => ({
    name: `docs/${index}.md`,
    content: `# ${sentence(random, 3)}\n\n${times(40, () => `${sentence(random, 14)}.\n`).join('\n')}`,
  }));
}

function textFiles(random: () => number): GeneratedFile[] {
  return times(40, (index) => ({
    name: `notes/${index}.txt`,
    content: times(80, () => `${sentence(random, 12)}\n`).join(''),
  }));
}

function sentence(random: () => number, length: number): string {
  return times(length, () => word(random)).join(' ');
}

function word(random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? 'alpha';
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A small seeded generator; the same seed gives the same files on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
