/**
 * Whether an expression can ever show something, given what is emitted: each selector must match at least one series,
 * each label that groups, joins or is shown must be there, counters are used by their rate and gauges are not, and two
 * sides of an operator must have labels by which they can meet.
 */
import type { Exposition, Labels, Series } from './exposition.ts';
import { type Expression, type Matcher, parsePromql } from './promql.ts';

export interface CheckedQuery {
  /** Labels of what the expression yields; empty for a number. */
  readonly labels: ReadonlySet<string>;
  /** Names of metrics that are selected. */
  readonly names: readonly string[];
  readonly problems: readonly string[];
}

export function checkQuery(text: string, emitted: Exposition): CheckedQuery {
  const problems: string[] = [];
  const names: string[] = [];
  try {
    const context: Context = { emitted, names, problem: (problem) => problems.push(problem) };
    const result = evaluate(parsePromql(text), context);
    if (result.kind === 'range') problems.push('a range cannot be shown');
    requireRate(result, false, context);
    return { labels: result.labels, names, problems };
  } catch (error) {
    return { labels: new Set(), names, problems: [String(error)] };
  }
}

interface Context {
  readonly emitted: Exposition;
  readonly names: string[];
  problem(text: string): void;
}

interface Result {
  readonly kind: 'number' | 'vector' | 'range';
  readonly labels: ReadonlySet<string>;
  /** Type and whether it still is the raw series. */
  readonly raw?: Series['type'];
}

const number: Result = { kind: 'number', labels: new Set() };
const overRange = new Set(['rate', 'increase']);
const overGauges = new Set(['max_over_time', 'min_over_time', 'avg_over_time']);

function evaluate(expression: Expression, context: Context): Result {
  switch (expression.kind) {
    case 'number':
      return number;
    case 'selector':
      return select(expression, context);
    case 'call':
      return call(expression, context);
    case 'aggregation':
      return aggregate(expression, context);
    case 'binary':
      return combine(expression, context);
  }
}

function select({ name, matchers, range }: Of<'selector'>, { emitted, names, problem }: Context): Result {
  names.push(name);
  const series = emitted.get(name);
  if (series === undefined) problem(`${name} is not emitted`);
  const matching = series?.labels.filter((labels) => matchers.every((matcher) => matches(matcher, labels))) ?? [];
  if (series !== undefined && matching.length === 0) {
    problem(
      `${name}{${matchers.map(({ label, operator, value }) => label + operator + value).join(',')}} matches nothing`,
    );
  }
  for (const { label, value } of matchers.flatMap(alternativesOf)) {
    if (series?.labels.some((labels) => labels[label] === value) === false) problem(`${name} has no ${label} ${value}`);
  }
  for (const { label } of matchers) {
    if (series !== undefined && !series.labels.some((labels) => label in labels))
      problem(`${name} has no label ${label}`);
  }
  return {
    kind: range === null ? 'vector' : 'range',
    labels: new Set(matching.flatMap((labels) => Object.keys(labels))),
    ...(series === undefined ? {} : { raw: series.type }),
  };
}

/** Of `=~"a|b"` each one by itself: a pattern goes on matching when one of its words is no more. */
function alternativesOf({ label, operator, value }: Matcher): readonly Pick<Matcher, 'label' | 'value'>[] {
  return operator === '=~' && /^\w+(\|\w+)+$/.test(value) ? value.split('|').map((one) => ({ label, value: one })) : [];
}

function matches({ label, operator, value }: Matcher, labels: Labels): boolean {
  const found = labels[label] ?? '';
  if (operator === '=') return found === value;
  if (operator === '!=') return found !== value;
  return new RegExp(`^(?:${value})$`).test(found) === (operator === '=~');
}

function call({ name, arguments: given }: Of<'call'>, context: Context): Result {
  const results = given.map((argument) => evaluate(argument, context));
  const last = results.at(-1);
  const kinds = results.map(({ kind }) => kind).join(', ');
  if (last === undefined) throw new Error(`${name} without arguments`);
  if (overRange.has(name) || overGauges.has(name)) {
    if (kinds !== 'range') context.problem(`${name} takes a range, not ${kinds}`);
    if (overRange.has(name) === (last.raw === 'gauge')) context.problem(`${name} of a ${last.raw}`);
    return { kind: 'vector', labels: last.labels };
  }
  if (name === 'histogram_quantile') {
    if (kinds !== 'number, vector') context.problem(`${name} takes a number and a vector, not ${kinds}`);
    if (!last.labels.has('le')) context.problem(`${name} without the label le`);
    return { kind: 'vector', labels: without(last.labels, ['le']) };
  }
  throw new Error(`the function ${name} is not known here`);
}

function aggregate({ name, of, grouping }: Of<'aggregation'>, context: Context): Result {
  const inner = evaluate(of, context);
  if (inner.kind !== 'vector') context.problem(`${name} of a ${inner.kind}`);
  requireRate(inner, name === 'count' || name === 'group', context);
  const labels = grouping?.labels ?? [];
  for (const label of labels) {
    if (!inner.labels.has(label)) context.problem(`${name} by ${label}, which is not there`);
  }
  return {
    kind: 'vector',
    labels: grouping === null || grouping.by ? new Set(labels) : without(inner.labels, labels),
  };
}

const setOperators = new Set(['and', 'or', 'unless']);

function combine({ operator, left, right, matching }: Of<'binary'>, context: Context): Result {
  const [one, other] = [evaluate(left, context), evaluate(right, context)];
  for (const side of [one, other]) {
    if (side.kind === 'range') context.problem(`${operator} of a range`);
    requireRate(side, false, context);
  }
  if (one.kind === 'number' || other.kind === 'number') {
    if (setOperators.has(operator)) context.problem(`${operator} of a number`);
    return one.kind === 'number' ? { kind: other.kind, labels: other.labels } : { kind: one.kind, labels: one.labels };
  }
  const shared = (side: Result): string[] =>
    matching === null
      ? [...side.labels]
      : matching.on
        ? [...matching.labels]
        : [...without(side.labels, matching.labels)];
  if (matching?.on === true) {
    for (const label of matching.labels) {
      if (!one.labels.has(label) || !other.labels.has(label))
        context.problem(`${operator} on ${label}, absent on a side`);
    }
  }
  if (operator !== 'or' && shared(one).toSorted().join() !== shared(other).toSorted().join()) {
    context.problem(`the sides of ${operator} never meet: (${shared(one).join()}) and (${shared(other).join()})`);
  }
  if (operator === 'or') return { kind: 'vector', labels: new Set([...one.labels, ...other.labels]) };
  return { kind: 'vector', labels: setOperators.has(operator) ? one.labels : new Set(shared(one)) };
}

/** The count of a counter says when its process started, not what happens. */
function requireRate({ kind, raw }: Result, isCount: boolean, { problem }: Context): void {
  if (kind === 'vector' && !isCount && (raw === 'counter' || raw === 'histogram')) problem(`a bare ${raw}`);
}

function without(labels: ReadonlySet<string>, removed: readonly string[]): ReadonlySet<string> {
  return new Set([...labels].filter((label) => !removed.includes(label)));
}

type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;
