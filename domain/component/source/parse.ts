/**
 * From source text to a document: YAML, JSON or a metadata block inside another file (registry.md 2.1, 2.7, 2.8).
 * What the document means is the business of `normalise`.
 */
import { documentLimits } from '../../../contracts/component-values.ts';
import type { Issue } from '../../../contracts/error.ts';
import { bodyWithoutBlock, findMetadataBlock, type MetadataBlock } from './block.ts';
import { parseJsonText } from './json-text.ts';
import { type ParsedText, unreadable } from './parsed-text.ts';
import type { Position } from './positions.ts';
import { parseYamlText } from './yaml-text.ts';

export interface ParseOptions {
  /** Without it, text that begins with a brace is tried as JSON first. */
  readonly format?: 'yaml' | 'json';
}

/**
 * Reads a whole text as one document. Never throws; problems are SC001 with line and column, SC006, MD002.
 *
 * @param text decoded UTF-8; a byte-order mark is skipped; at most 1,048,576 characters
 */
export function parseMetadataText(text: string, options: ParseOptions = {}): ParsedText {
  return notEmpty(parseSource(text.startsWith('\uFEFF') ? text.slice(1) : text, options));
}

function parseSource(source: string, options: ParseOptions): ParsedText {
  if (source.length > documentLimits.source_characters) {
    const message = `the text has more than ${String(documentLimits.source_characters)} characters`;
    return unreadable([{ code: 'SC006', severity: 'error', path: '', message, line: 1, column: 1 }]);
  }
  if (options.format === 'json') return parseJsonText(source);
  if (options.format === undefined && source.trimStart().startsWith('{')) {
    const json = parseJsonText(source);
    if (json.issues.length === 0) return json;
    const yaml = parseYamlText(source);
    // Text that is neither was most likely meant to be JSON.
    return yaml.issues.length === 0 ? yaml : json;
  }
  return parseYamlText(source);
}

/** A document that is just `null` is as empty as no text at all. */
function notEmpty(parsed: ParsedText): ParsedText {
  if (parsed.document !== null || parsed.issues.length > 0) return parsed;
  const message = 'the document is empty';
  return unreadable([{ code: 'MD002', severity: 'error', path: '', message, line: 1, column: 1 }]);
}

export interface ParsedBlock extends ParsedText {
  readonly block: MetadataBlock | null;
  /** The rest of the file, as the author's hash covers it (registry.md 2.9). */
  readonly body: string;
}

/** Reads the metadata block of a source file. Lines and columns are those of the file. */
export function parseMetadataBlock(text: string): ParsedBlock {
  const { block, issues } = findMetadataBlock(text);
  if (block === null) return { ...unreadable(issues), block, body: '' };
  const parsed = notEmpty(parseYamlText(block.lines.map((line) => line.text).join('\n')));
  const inFile = <P extends Partial<Position>>(position: P): P => ({ ...position, ...moveIntoFile(position, block) });
  return {
    document: parsed.document,
    issues: [...issues, ...parsed.issues.map((issue): Issue => inFile(issue))],
    locate: (path) => {
      const position = parsed.locate(path);
      return position === undefined ? undefined : inFile(position);
    },
    block,
    body: bodyWithoutBlock(text, block),
  };
}

function moveIntoFile(position: Partial<Position>, block: MetadataBlock): Partial<Position> {
  if (position.line === undefined || position.column === undefined) return {};
  const removed = block.lines[position.line - 1]?.removed ?? 0;
  return { line: position.line + block.openingLine, column: position.column + removed };
}
