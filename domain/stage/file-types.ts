/**
 * What kind of file an entry is (stages.md 4.3): a set of words united from its mode, its attributes, three tables
 * (file name, extension, interpreter) and its first bytes, e.g. `["file","text","executable","shell"]`. The tables are
 * data; `fileTypesVersion` rises with every change of a row, since cached results depend on them.
 */
import type { EntryKind } from '../../contracts/stage.ts';

export const fileTypesVersion = 1;

/** How many bytes at the start of a file decide what it is. */
export const sniffedBytes = 8192;

/** What the first bytes tell. */
export interface ContentSniff {
  readonly encoding: 'ascii-compatible' | 'utf-16' | 'binary';
  /** Program of a `#!` line without path and version: `python`, `bash`; null without one. */
  readonly interpreter: string | null;
}

/** Git attributes that say what a file is. */
export interface FileAttributes {
  /** `binary`, or `-text`. */
  readonly binary: boolean;
  /** `text`. */
  readonly text: boolean;
  /** `linguist-language`, as given. */
  readonly language: string | null;
  readonly generated: boolean;
  readonly vendored: boolean;
  /** `-omnibase`: for required components only. */
  readonly excluded: boolean;
}

export interface TypedFile {
  readonly path: string;
  readonly kind: EntryKind;
  /** Null when the content was not looked at: deleted, a submodule. */
  readonly sniff: ContentSniff | null;
  readonly attributes: FileAttributes | null;
}

/** Word → extensions (lower case, without dot). Among the words of one file the general ones stand first. */
const extensionsOf: Readonly<Record<string, string>> = {
  astro: 'astro',
  shell: 'bash sh zsh',
  bash: 'bash',
  batch: 'bat',
  image: 'bmp gif ico jpeg jpg png svg webp',
  archive: 'bz2 gz jar tar tgz xz zip zst',
  c: 'c h',
  'c++': 'cc cpp cxx hpp',
  ini: 'cfg ini',
  jsx: 'jsx',
  javascript: 'cjs js jsx mjs',
  clojure: 'clj',
  cmake: 'cmake',
  conf: 'conf',
  certificate: 'crt',
  'c#': 'cs',
  css: 'css',
  csv: 'csv',
  tsx: 'tsx',
  typescript: 'cts mts ts tsx',
  dart: 'dart',
  diff: 'diff patch',
  binary: 'dll exe so',
  ejs: 'ejs',
  font: 'eot otf ttf woff woff2',
  erlang: 'erl',
  elixir: 'ex exs',
  fish: 'fish',
  'f#': 'fs',
  json: 'geojson ipynb json jsonc webmanifest',
  geojson: 'geojson',
  go: 'go',
  graphql: 'gql graphql',
  groovy: 'gradle groovy',
  gradle: 'gradle',
  header: 'h hpp',
  handlebars: 'hbs',
  hcl: 'hcl',
  haskell: 'hs',
  svg: 'svg',
  xml: 'svg xhtml xml xsd xsl',
  html: 'htm html xhtml',
  jupyter: 'ipynb',
  java: 'java',
  julia: 'jl',
  json5: 'json5',
  jsonc: 'jsonc',
  jsonl: 'jsonl ndjson',
  jsonnet: 'jsonnet',
  key: 'key',
  kotlin: 'kt kts',
  less: 'less',
  lockfile: 'lock',
  lua: 'lua',
  'objective-c': 'm',
  sourcemap: 'map',
  markdown: 'markdown md',
  mdx: 'mdx',
  ocaml: 'ml',
  audio: 'mp3 wav',
  video: 'mp4',
  nix: 'nix',
  pdf: 'pdf',
  pem: 'pem',
  php: 'php',
  perl: 'pl pm',
  properties: 'properties',
  protobuf: 'proto',
  powershell: 'ps1',
  python: 'py pyi',
  pyi: 'pyi',
  r: 'r',
  ruby: 'rb',
  rust: 'rs',
  rst: 'rst',
  sass: 'sass',
  scala: 'scala',
  scss: 'scss',
  solidity: 'sol',
  sql: 'sql',
  svelte: 'svelte',
  swift: 'swift',
  tex: 'tex',
  terraform: 'tf tfvars',
  toml: 'toml',
  tsv: 'tsv',
  'plain-text': 'txt',
  vue: 'vue',
  wasm: 'wasm',
  yaml: 'yaml yml',
  zig: 'zig',
  zsh: 'zsh',
};

/** Word → whole file names, as written; a name in here decides, its extension does not. */
const namesOf: Readonly<Record<string, string>> = {
  json: '.bowerrc Pipfile.lock composer.lock npm-shrinkwrap.json omnibase.lock.json package-lock.json',
  shell: '.bashrc .zshrc',
  bash: '.bashrc',
  yaml: '.clang-format .onexignore .prettierrc pnpm-lock.yaml',
  ignore: '.dockerignore .eslintignore .gitignore .prettierignore',
  ini: '.editorconfig .gitconfig .gitmodules .npmrc',
  editorconfig: '.editorconfig',
  gitattributes: '.gitattributes',
  gitconfig: '.gitconfig',
  gitmodules: '.gitmodules',
  npmrc: '.npmrc',
  zsh: '.zshrc',
  bazel: 'BUILD WORKSPACE',
  cmake: 'CMakeLists.txt',
  toml: 'Cargo.lock Pipfile poetry.lock uv.lock',
  'go-sum': 'go.sum',
  lockfile:
    'Cargo.lock Gemfile.lock Pipfile.lock composer.lock go.sum npm-shrinkwrap.json omnibase.lock.json package-lock.json pnpm-lock.yaml poetry.lock uv.lock yarn.lock',
  dockerfile: 'Containerfile Dockerfile',
  makefile: 'GNUmakefile Makefile makefile',
  ruby: 'Gemfile Rakefile Vagrantfile',
  groovy: 'Jenkinsfile',
  jenkins: 'Jenkinsfile',
  'plain-text': 'LICENSE README',
  'go-mod': 'go.mod',
};

/** Word → programs of a `#!` line, without path and version. */
const interpretersOf: Readonly<Record<string, string>> = {
  shell: 'ash bash dash ksh sh zsh',
  awk: 'awk gawk',
  bash: 'bash',
  javascript: 'bun node nodejs',
  typescript: 'deno ts-node tsx',
  expect: 'expect',
  fish: 'fish',
  lua: 'lua',
  perl: 'perl',
  php: 'php',
  powershell: 'pwsh',
  python: 'python',
  ruby: 'ruby',
  tcl: 'tclsh',
  zsh: 'zsh',
};

/** Each table the other way round, which is how it is asked. */
export const typesByExtension: ReadonlyMap<string, readonly string[]> = invert(extensionsOf);
export const typesByName: ReadonlyMap<string, readonly string[]> = invert(namesOf);
export const typesByInterpreter: ReadonlyMap<string, readonly string[]> = invert(interpretersOf);

/** The words for a file; without repetition, from the general to the special. */
export function typesOf(file: TypedFile): readonly string[] {
  if (file.kind === 'symlink' || file.kind === 'gitlink') return [file.kind];
  const words = new Set(['file', ...contentTypes(file), file.kind === 'executable' ? 'executable' : 'non-executable']);
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  for (const word of languageTypes(name, file)) words.add(word);
  const { attributes } = file;
  if (attributes?.language) words.add(attributes.language.toLowerCase().replaceAll(' ', '-'));
  if (attributes?.generated === true) words.add('generated');
  if (attributes?.vendored === true) words.add('vendored');
  if (attributes?.excluded === true) words.add('excluded');
  // An extension may call a file binary before its content is known; known content decides.
  if (words.has('text')) words.delete('binary');
  return [...words];
}

/** Types of a file that is too large to look at: nothing that reads content should receive it. */
export const tooLargeTypes: readonly string[] = ['file', 'binary', 'too-large'];

/** Looks at the first bytes of a file. A NUL makes it binary, unless a byte order mark says UTF-16. */
export function sniffContent(head: Uint8Array): ContentSniff {
  const bytes = head.subarray(0, sniffedBytes);
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (bytes.length >= 2 && (mark === 0xfffe || mark === 0xfeff)) return { encoding: 'utf-16', interpreter: null };
  if (bytes.includes(0)) return { encoding: 'binary', interpreter: null };
  return { encoding: 'ascii-compatible', interpreter: readInterpreter(bytes) };
}

function contentTypes({ sniff, attributes }: TypedFile): readonly string[] {
  if (attributes?.binary === true) return ['binary'];
  if (attributes?.text === true) return ['text'];
  if (sniff === null) return [];
  if (sniff.encoding === 'utf-16') return ['text', 'utf-16'];
  return [sniff.encoding === 'binary' ? 'binary' : 'text'];
}

function languageTypes(name: string, { sniff }: TypedFile): readonly string[] {
  const dot = name.lastIndexOf('.');
  const found =
    typesByName.get(name) ?? (dot < 0 ? undefined : typesByExtension.get(name.slice(dot + 1).toLowerCase()));
  if (found !== undefined) return found;
  if (/^(?:Dockerfile|Containerfile)[._-]/.test(name)) return ['dockerfile'];
  return typesByInterpreter.get(sniff?.interpreter ?? '') ?? [];
}

function invert(table: Readonly<Record<string, string>>): Map<string, readonly string[]> {
  const inverted = new Map<string, string[]>();
  for (const [word, keys] of Object.entries(table)) {
    for (const key of keys.split(' ')) inverted.set(key, [...(inverted.get(key) ?? []), word]);
  }
  return inverted;
}

/** `#!/usr/bin/env -S python3.12 -u` → `python`. */
function readInterpreter(bytes: Uint8Array): string | null {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return null;
  const line = String.fromCharCode(...bytes.subarray(2, 258)).split(/[\r\n]/, 1)[0] ?? '';
  const words = line.trim().split(/\s+/);
  const program = baseName(words[0]);
  const named = program === 'env' ? baseName(words.slice(1).find((word) => !/^-|=/.test(word))) : program;
  const plain = named.replace(/[\d.]+$/, '');
  return plain === '' ? null : plain;
}

function baseName(path: string | undefined): string {
  return path?.slice(path.lastIndexOf('/') + 1) ?? '';
}
