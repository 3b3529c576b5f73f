/**
 * Reads YAML under the rules of registry.md 2.8: core schema of YAML 1.2, one document, no duplicate keys, merge
 * keys or custom tags, and aliases that stand for at most 100 nodes together.
 *
 * The `yaml` library scans and composes; the walk from its nodes to plain values is our own, because the rules
 * are stricter than the library's and its checks of duplicates and aliases take quadratic time on hostile
 * input. Nesting is bounded while the syntax tree grows, before anything recursive touches it.
 */
import { Composer, type Document, Lexer, Parser } from 'yaml';
import { documentLimits } from '../../../contracts/component-values.ts';
import type { Issue } from '../../../contracts/error.ts';
import { mostSyntaxIssues, type ParsedText, unreadable } from './parsed-text.ts';
import { PositionTable } from './positions.ts';
import { YamlWalk } from './yaml-walk.ts';

/** Levels at which the text is given up; a document of legal nesting never comes near. */
const deepestSyntax = documentLimits.nesting * 2;

/** Keys, marks and values: 256 KiB of lines of 13 characters have as many. */
const mostTokens = 60_000;

/** Line ends and other white space that the lexer counts one by one. */
const mostBlanks = 300_000;

/** Parses YAML text. Never throws; problems are SC001, MD002 or SC006. */
export function parseYamlText(text: string): ParsedText {
  const positions = new PositionTable(text);
  const syntax = readSyntax(text);
  if ('refused' in syntax) return unreadable([issue('SC006', syntax.refused, positions, syntax.offset)]);
  const documents = [...new Composer(composerOptions).compose(syntax.tree, true, text.length)];
  const [document, ...more] = documents;
  if (document === undefined || (document.contents === null && more.length === 0 && document.errors.length === 0)) {
    return unreadable([issue('MD002', 'the document is empty')]);
  }
  const errors = documents.flatMap((each) => syntaxErrors(each, positions));
  if (errors.length > 0) return refuse(errors);
  if (more.length > 0) {
    return unreadable([issue('MD002', `the text holds ${String(documents.length)} documents, only one is read`)]);
  }
  const walk = new YamlWalk(positions);
  const value = walk.root(document.contents);
  // What the library only warns of: tags and directives it does not know.
  const unknown = document.warnings.map(({ message, pos }) => issue('SC001', message, positions, pos[0]));
  if (unknown.length + walk.issues.length > 0) return refuse([...unknown, ...walk.issues]);
  return { document: value, issues: [], locate: (path) => positions.locate(path) };
}

/** In the order of the text, one problem per position: the library often states one mistake in two ways. */
function refuse(issues: readonly Issue[]): ParsedText {
  const byPosition = new Map(issues.map((each) => [`${String(each.line)}:${String(each.column)}`, each]));
  const sorted = [...byPosition.values()].sort((a, b) => order(a.line, b.line) || order(a.column, b.column));
  return unreadable(sorted.slice(0, mostSyntaxIssues));
}

function order(a = 0, b = 0): number {
  return a - b;
}

const composerOptions = {
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  stringKeys: true,
  // Checked in the walk: the library compares every key with every other.
  uniqueKeys: false,
  prettyErrors: false,
} as const;

type SyntaxTree = Parameters<Composer['compose']>[0];

/**
 * The concrete syntax tree, or the reason to go no further. Reading stops early at hopeless text, because every
 * error costs the library tens of microseconds and every token some memory.
 */
function readSyntax(
  text: string,
): { readonly tree: SyntaxTree } | { readonly refused: string; readonly offset: number } {
  const parser = new Parser();
  const tree = [];
  let [read, blanks] = [0, 0];
  let errors = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tree.push(token);
      if (token.type === 'error') errors++;
    }
    if (errors >= mostSyntaxIssues) return { tree };
    const { offset } = parser;
    if (parser.stack.length > deepestSyntax) {
      return { refused: `more than ${String(documentLimits.nesting)} levels of nesting`, offset };
    }
    if (isFiller(lexeme) ? ++blanks > mostBlanks : ++read > mostTokens) {
      return { refused: `more YAML than a document can need (${String(mostTokens)} tokens)`, offset };
    }
  }
  tree.push(...parser.end());
  return { tree };
}

/** White space, and the marks by which the lexer announces a scalar or a document. */
function isFiller(lexeme: string): boolean {
  return lexeme === '\u001f' || lexeme === '\u0002' || lexeme.trim() === '';
}

function syntaxErrors(document: Document.Parsed | Document, positions: PositionTable): Issue[] {
  const errors = document.errors.map(({ message, pos }) => issue('SC001', message, positions, pos[0]));
  const { explicit, version } = document.directives?.yaml ?? {};
  if (explicit !== true || version === '1.2') return errors;
  return [...errors, issue('SC001', `YAML ${String(version)} is not read, only 1.2`)];
}

function issue(code: string, message: string, positions?: PositionTable, offset?: number): Issue {
  const position = positions === undefined || offset === undefined ? { line: 1, column: 1 } : positions.at(offset);
  return { code, severity: 'error', path: '', message, ...position };
}
