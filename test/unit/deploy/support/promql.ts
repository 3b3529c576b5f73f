/**
 * A parser for the part of PromQL that alerts and dashboards of this repository use: selectors, ranges, calls,
 * aggregations, arithmetic, comparisons and set operators with their matching. Anything else is refused, so that no
 * expression slips through half understood.
 */

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'selector';
      readonly name: string;
      readonly matchers: readonly Matcher[];
      /** Of a range selector, e.g. `5m`. */
      readonly range: string | null;
    }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | {
      readonly kind: 'aggregation';
      readonly name: string;
      readonly grouping: { readonly by: boolean; readonly labels: readonly string[] } | null;
      readonly of: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly matching: Matching | null;
    };

/** @throws Error naming the place of the first thing that is not understood */
export function parsePromql(text: string): Expression {
  const reader = readerOf(text);
  const expression = binary(reader, 0);
  if (reader.peek() !== null) throw reader.unexpected('the end');
  return expression;
}

/** Loosest first; all of these associate to the left. */
const precedences: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const aggregators = new Set(['sum', 'min', 'max', 'avg', 'count', 'group']);
const duration = /^(?:\d+(?:ms|[smhdwy]))+$/;

function binary(reader: Reader, level: number): Expression {
  const operators = precedences[level];
  if (operators === undefined) return primary(reader);
  let left = binary(reader, level + 1);
  for (let operator = reader.takeOneOf(operators); operator !== null; operator = reader.takeOneOf(operators)) {
    const on = reader.takeOneOf(['on', 'ignoring']);
    const matching = on === null ? null : { on: on === 'on', labels: labelList(reader) };
    left = { kind: 'binary', operator, left, right: binary(reader, level + 1), matching };
  }
  return left;
}

function primary(reader: Reader): Expression {
  if (reader.takeOneOf(['(']) !== null) {
    const inner = binary(reader, 0);
    reader.take(')');
    return inner;
  }
  const word = reader.next('an expression');
  if (/^\d/.test(word) && !duration.test(word)) return { kind: 'number', value: Number(word) };
  if (!/^[A-Za-z_:]/.test(word)) throw reader.unexpected('an expression', word);
  if (aggregators.has(word)) return aggregation(reader, word);
  if (reader.peek() === '(') return { kind: 'call', name: word, arguments: callArguments(reader) };
  return selector(reader, word);
}

/** Grouping may stand before or behind the operand. */
function aggregation(reader: Reader, name: string): Expression {
  const before = grouping(reader);
  const [of, ...more] = callArguments(reader);
  if (of === undefined || more.length > 0) throw new Error(`${name} takes one operand`);
  return { kind: 'aggregation', name, of, grouping: before ?? grouping(reader) };
}

function grouping(reader: Reader): { readonly by: boolean; readonly labels: readonly string[] } | null {
  const word = reader.takeOneOf(['by', 'without']);
  return word === null ? null : { by: word === 'by', labels: labelList(reader) };
}

function callArguments(reader: Reader): Expression[] {
  return list(reader, '(', ')', () => binary(reader, 0));
}

function labelList(reader: Reader): string[] {
  return list(reader, '(', ')', () => reader.next('a label'));
}

function selector(reader: Reader, name: string): Expression {
  const matchers = reader.peek() === '{' ? list(reader, '{', '}', () => matcher(reader)) : [];
  if (reader.takeOneOf(['[']) === null) return { kind: 'selector', name, matchers, range: null };
  const range = reader.next('a duration');
  if (!duration.test(range)) throw reader.unexpected('a duration', range);
  reader.take(']');
  return { kind: 'selector', name, matchers, range };
}

function matcher(reader: Reader): Matcher {
  const label = reader.next('a label');
  const operator = reader.takeOneOf(['=~', '!~', '!=', '=']);
  const value = reader.next('a string');
  if (operator === null || !value.startsWith('"')) throw reader.unexpected('a matcher', value);
  return { label, operator: operator as Matcher['operator'], value: JSON.parse(value) as string };
}

function list<T>(reader: Reader, open: string, close: string, item: () => T): T[] {
  const items: T[] = [];
  reader.take(open);
  while (reader.takeOneOf([close]) === null) {
    if (items.length > 0) reader.take(',');
    items.push(item());
  }
  return items;
}

interface Reader {
  /** Null at the end. */
  peek(): string | null;
  next(expected: string): string;
  take(token: string): void;
  takeOneOf(tokens: readonly string[]): string | null;
  unexpected(expected: string, found?: string | null): Error;
}

const token =
  /\s*(?:((?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_])|\d+(?:\.\d+)?|[A-Za-z_:][A-Za-z0-9_:]*|"(?:[^"\\]|\\.)*"|=~|!~|==|!=|<=|>=|[-+*/%<>=(){}[\],])|$)/y;

function readerOf(text: string): Reader {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (found === null) throw new Error(`not understood: ${text.slice(from)}`);
    if (found[1] !== undefined) tokens.push(found[1]);
  }
  let position = 0;
  const peek = (): string | null => tokens[position] ?? null;
  const unexpected = (expected: string, found = peek()): Error =>
    new Error(`expected ${expected}, found ${found ?? 'the end'} in: ${text}`);
  return {
    peek,
    unexpected,
    next(expected) {
      const found = peek();
      if (found === null) throw unexpected(expected);
      position += 1;
      return found;
    },
    take(expected) {
      if (peek() !== expected) throw unexpected(expected);
      position += 1;
    },
    takeOneOf(candidates) {
      const found = peek();
      if (found === null || !candidates.includes(found)) return null;
      position += 1;
      return found;
    },
  };
}
