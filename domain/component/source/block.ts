/**
 * Finds the metadata block inside a source file and frees it from its comment marks (registry.md 2.7). Lines keep
 * their numbers, and how much was cut from each is kept too, so that problems are reported where the author
 * sees them.
 */
import type { Issue } from '../../../contracts/error.ts';
import { utf8Length } from '../../text/bytes.ts';

/** The opening line begins within this many bytes of the file … */
const openingWithin = 8_192;
/** … and the closing line within this many. */
const closingWithin = 262_144;

interface BlockLine {
  readonly text: string;
  /** Characters cut from the start of the line. */
  readonly removed: number;
}

export interface MetadataBlock {
  readonly lines: readonly BlockLine[];
  /** 1-based line of the opening mark; the first body line is the next one. */
  readonly openingLine: number;
  readonly closingLine: number;
}

export interface BlockSearch {
  readonly block: MetadataBlock | null;
  /** MD001 no block, MD002 not closed; MD002 as a warning for a second block. */
  readonly issues: readonly Issue[];
}

interface CommentStyle {
  readonly opening: RegExp;
  readonly closing: RegExp;
  readonly uncomment: (line: string) => string;
}

const mark = '===\\s*OmniNode:Metadata\\s*===';
const endMark = '===\\s*/OmniNode:Metadata\\s*===';

/** By the comment syntax of the language; the opening line decides. */
const styles: readonly CommentStyle[] = [
  { opening: line(`#\\s*${mark}`), closing: line(`#\\s*${endMark}`), uncomment: (text) => withoutLineMark(text, '#') },
  {
    opening: line(`//\\s*${mark}`),
    closing: line(`//\\s*${endMark}`),
    uncomment: (text) => withoutLineMark(text, '//'),
  },
  {
    opening: line(`<!--\\s*${mark}(?:\\s*-->)?`),
    closing: line(`(?:<!--\\s*)?${endMark}\\s*-->`),
    uncomment: withoutHtmlComment,
  },
  {
    opening: line(`/\\*+\\s*${mark}`),
    closing: line(`(?:\\*\\s*)?${endMark}\\s*\\*+/`),
    uncomment: (text) => withoutLineMark(text, '*'),
  },
];

function line(pattern: string): RegExp {
  return new RegExp(`^\\s*${pattern}\\s*$`);
}

/** The first complete block of a file. CRLF, a byte-order mark and any lines before it are tolerated. */
export function findMetadataBlock(text: string): BlockSearch {
  const lines = splitLines(text);
  const opening = lines.findIndex(({ start, text }) => start < openingWithin && styleOf(text) !== undefined);
  const style = styleOf(lines[opening]?.text ?? '');
  if (style === undefined) return { block: null, issues: [problem('MD001', 1, 'the file holds no metadata block')] };
  const closing = lines.findIndex(({ text }, index) => index > opening && style.closing.test(text));
  if (closing === -1) {
    return { block: null, issues: [problem('MD002', opening + 1, 'the metadata block is opened and never closed')] };
  }
  const body = lines.slice(opening + 1, closing).map(({ text }) => text);
  const second = lines.findIndex(({ text }, index) => index > closing && styleOf(text) !== undefined);
  const issues = second === -1 ? [] : [secondBlock(second + 1, opening + 1)];
  const openingText = lines[opening]?.text ?? '';
  const indent = openingText.length - openingText.trimStart().length;
  const block = { lines: freeFromComments(body, style, indent), openingLine: opening + 1, closingLine: closing + 1 };
  return { block, issues };
}

/** Lines of the part of a file that is searched, with the byte at which each begins. */
function splitLines(text: string): { readonly text: string; readonly start: number }[] {
  const lines: { text: string; start: number }[] = [];
  let start = 0;
  for (const raw of text.slice(0, closingWithin).split('\n')) {
    lines.push({ text: raw.replace(/^\uFEFF/, '').replace(/\r$/, ''), start });
    start += utf8Length(raw) + 1;
    if (start > closingWithin) break;
  }
  return lines;
}

function styleOf(text: string): CommentStyle | undefined {
  return styles.find(({ opening }) => opening.test(text));
}

/**
 * Marked and bare lines may be mixed. When the first line is marked, every mark is part of the comment syntax. When
 * it is bare, a marked line counts only if it reads like YAML content; else it is a YAML comment.
 */
function freeFromComments(body: readonly string[], style: CommentStyle, indent: number): BlockLine[] {
  const first = body.find((text) => text.trim() !== '') ?? '';
  const marked = style.uncomment(first) !== first;
  return body.map((text) => {
    const uncommented = style.uncomment(text);
    const freed =
      uncommented !== text && (marked || looksLikeContent(uncommented)) ? uncommented : dedent(text, indent);
    return { text: freed, removed: text.length - freed.length };
  });
}

function looksLikeContent(text: string): boolean {
  return /^\s*(?:-(?:\s|$)|[^\s#:][^:]*:(?:\s|$)|[\]}[{])/.test(text);
}

/** Cuts the indentation that the opening line has, so that bare lines stand level with freed ones. */
function dedent(text: string, indent: number): string {
  const own = text.length - text.trimStart().length;
  return text.slice(Math.min(own, indent));
}

/** Cuts indentation, mark and one blank from a marked line; other lines stay as they are. */
function withoutLineMark(text: string, lineMark: string): string {
  const trimmed = text.trimStart();
  if (!trimmed.startsWith(lineMark)) return text;
  const rest = trimmed.slice(lineMark.length);
  return rest.startsWith(' ') ? rest.slice(1) : rest;
}

/** Cuts a comment that spans exactly this line. */
function withoutHtmlComment(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('<!--') || !trimmed.endsWith('-->') || trimmed.length < 7) return text;
  return withoutLineMark(trimmed.slice(0, -3), '<!--').trimEnd();
}

function secondBlock(atLine: number, firstLine: number): Issue {
  const message = `a second metadata block is ignored; the first one opens in line ${String(firstLine)}`;
  return { ...problem('MD002', atLine, message), severity: 'warning' };
}

function problem(code: 'MD001' | 'MD002', atLine: number, message: string): Issue {
  return { code, severity: 'error', path: '', message, line: atLine, column: 1 };
}

/**
 * The rest of a file as the author's hash sees it (registry.md 2.9): without the block, LF line ends, no trailing
 * spaces, no leading blank lines, one final newline; empty when nothing is left.
 */
export function bodyWithoutBlock(text: string, block: Pick<MetadataBlock, 'openingLine' | 'closingLine'>): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const kept = [...lines.slice(0, block.openingLine - 1), ...lines.slice(block.closingLine)];
  const body = kept.map((text) => withoutTrailing(text, ' \t'));
  const first = body.findIndex((text) => text !== '');
  if (first === -1) return '';
  return `${withoutTrailing(body.slice(first).join('\n'), '\n')}\n`;
}

/** Linear, unlike a pattern that ends in `$`: a file may hold very long runs of blanks. */
function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
