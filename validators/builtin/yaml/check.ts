/** YAML documents: syntax, keys that stand twice, tabs, aliases that unfold without bound, tags on request. */
import { LineCounter, type Document, isNode, parseAllDocuments, visit } from 'yaml';
import type { CheckedFile } from '../checked-file.ts';
import { type Problem, defineBuiltin } from '../definition.ts';
import { firstInvalidByte } from '../invalid-utf8.ts';
import { checkAliases, maxGrowth } from './aliases.ts';
import { isPlainYaml } from './plain.ts';

interface Settings {
  readonly multiDocument: boolean;
  /** Tags that may occur; null for any. */
  readonly tags: readonly string[] | null;
}

export const yaml = defineBuiltin({
  id: 'yaml',
  description: 'Checks that YAML files can be read.',
  tags: ['pre-commit', 'ci', 'canary'],
  rules: {
    syntax: { severity: 'error', summary: 'The file is not valid YAML.' },
    'duplicate-key': { severity: 'error', summary: 'A key stands twice in one mapping.' },
    'alias-bomb': { severity: 'error', summary: `Aliases unfold to more than ${maxGrowth} times what is written.` },
    'tab-indent': { severity: 'error', summary: 'A line is indented with a tab.' },
  },
  options: {
    multi_document: { kind: 'boolean', default: true, description: 'Whether a file may hold several documents.' },
    custom_tags: {
      kind: 'choice-or-list',
      default: 'any',
      values: ['any'],
      description: 'Tags that may occur besides those of YAML itself; a tag is never constructed.',
    },
  },
  types: ['yaml'],
  accepts: ['binary'],
  reads: 'content',
  revision: 1,
  start: (options) => {
    const tags = typeof options.custom_tags === 'string' ? null : options.custom_tags;
    const settings = { multiDocument: options.multi_document, tags };
    return ({ file, report }) => {
      const wide = file.encoding === 'utf-16le' || file.encoding === 'utf-16be';
      const invalid = wide ? null : firstInvalidByte(file);
      if (invalid !== null) {
        report({ rule: 'syntax', message: invalid.message, location: { at: invalid.offset } });
        return;
      }
      if (isPlainYaml(file.text, settings.multiDocument)) return;
      for (const problem of problemsOf(file, settings)) report(problem);
    };
  },
});

/** The full parser, for what is wrong or out of the ordinary. */
function problemsOf(file: CheckedFile, settings: Settings): Problem[] {
  const { text } = file;
  const at = (offset: number) => file.positionInText(Math.min(offset, text.length));
  try {
    const options = {
      version: '1.2',
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter: new LineCounter(),
    } as const;
    const parsed = parseAllDocuments(text, options);
    const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
    const found = documents.flatMap((document, index) => [
      ...syntaxProblems(document),
      ...(document.errors.length > 0 ? [] : checkAliases(document)),
      ...(settings.tags === null ? [] : unknownTags(document, settings.tags)),
      ...(index === 1 && !settings.multiDocument
        ? [{ rule: 'syntax', message: 'a second document in the file', offset: document.range[0] }]
        : []),
    ]);
    return found.map(({ rule, message, offset }) => ({ rule, message, location: at(offset) }));
  } catch (error) {
    // The parser calls itself for each level of nesting.
    if (!(error instanceof RangeError)) throw error;
    return [{ rule: 'syntax', message: 'nested too deeply to be read', location: at(deepestBracket(text)) }];
  }
}

interface Found {
  readonly rule: string;
  readonly message: string;
  readonly offset: number;
}

function syntaxProblems(document: Document.Parsed): Found[] {
  return document.errors.map(({ code, message, pos }) => ({
    rule: code === 'DUPLICATE_KEY' ? 'duplicate-key' : code === 'TAB_AS_INDENT' ? 'tab-indent' : 'syntax',
    message: code === 'DUPLICATE_KEY' ? 'a key stands twice in one mapping' : message,
    offset: pos[0],
  }));
}

function unknownTags(document: Document.Parsed, allowed: readonly string[]): Found[] {
  const found: Found[] = [];
  visit(document, (_, node) => {
    const tag = isNode(node) ? node.tag : undefined;
    if (tag === undefined || !isNode(node) || tag.startsWith('tag:yaml.org,2002:') || allowed.includes(tag)) return;
    found.push({ rule: 'syntax', message: `the tag ${tag} is not allowed`, offset: node.range?.[0] ?? 0 });
  });
  return found;
}

function deepestBracket(text: string): number {
  let depth = 0;
  let deepest = 0;
  let offset = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5b || unit === 0x7b) depth += 1;
    else if (unit === 0x5d || unit === 0x7d) depth -= 1;
    if (depth > deepest) {
      deepest = depth;
      offset = at;
    }
  }
  return offset;
}
