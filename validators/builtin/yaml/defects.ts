/**
 * From what the parser noticed to where the defect is. A parser notices a missing bracket where the next thing begins,
 * and a wrong indentation at the line before; people look for the bracket and for the line. Behind the first syntax
 * problem of a document everything is a guess and is left out.
 */
import { type Document, type YAMLParseError, isCollection, isScalar, visit } from 'yaml';

export interface YamlDefect {
  readonly rule: 'syntax' | 'duplicate-key' | 'tab-indent';
  readonly message: string;
  /** UTF-16 offset. */
  readonly offset: number;
}

/** The defects of one document, in the order of their places. */
export function defectsOf(document: Document.Parsed, text: string): YamlDefect[] {
  const defects: YamlDefect[] = [];
  for (const error of document.errors.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    const defect = describe(error, document, text);
    defects.push(defect);
    if (defect.rule === 'syntax') break;
  }
  return defects.sort((a, b) => a.offset - b.offset);
}

function describe(error: YAMLParseError, document: Document.Parsed, text: string): YamlDefect {
  const [start] = error.pos;
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { rule: 'duplicate-key', message: 'a key stands twice in one mapping', offset: start };
    case 'TAB_AS_INDENT':
      return { rule: 'tab-indent', message: 'a line is indented with a tab', offset: start };
    default:
      break;
  }
  const unclosed = /end with a|closing/i.test(error.message) ? findUnclosed(document, text) : null;
  if (unclosed !== null) return { rule: 'syntax', message: `what opens here is not closed`, offset: unclosed };
  const torn = findTornKey(error, document, text);
  if (torn !== null)
    return { rule: 'syntax', message: 'a key where the value above goes on: wrong indentation', offset: torn };
  return { rule: 'syntax', message: error.message, offset: skipBlanks(text, start) };
}

/** Offset of the last bracket or quote that is opened and never closed. */
function findUnclosed(document: Document.Parsed, text: string): number | null {
  let found: number | null = null;
  visit(document, (_, node) => {
    if ((!isCollection(node) && !isScalar(node)) || !node.range) return;
    const [start, end] = node.range;
    const closing = closingOf(text[start]);
    const isFlow = isCollection(node) ? node.flow === true : (node.type ?? '').startsWith('QUOTE_');
    const closed = end - start > 1 && text[end - 1] === closing;
    if (isFlow && closing !== undefined && !closed) found = Math.max(found ?? 0, start);
  });
  return found;
}

function closingOf(opening: string | undefined): string | undefined {
  return { '[': ']', '{': '}', '"': '"', "'": "'" }[opening ?? ''];
}

/**
 * `a: 1` and below it, deeper, `b: 2`: to the parser `1 b` is one key over two lines. The defect is where the last of
 * these lines begins.
 */
function findTornKey(error: YAMLParseError, document: Document.Parsed, text: string): number | null {
  const [start] = error.pos;
  const torn = document.errors.find(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === start);
  if (torn === undefined) return null;
  const colon = /:(?=\s|$)/g;
  colon.lastIndex = start;
  const end = colon.exec(text)?.index ?? start;
  const line = text.lastIndexOf('\n', end) + 1;
  return line > start ? skipBlanks(text, line) : null;
}

function skipBlanks(text: string, offset: number): number {
  let at = offset;
  while (text[at] === ' ') at += 1;
  return at;
}
