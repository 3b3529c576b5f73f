/**
 * One page of a list of nodes (registration.md 8): limit, order and cursor are in the statement, rows that cannot be
 * read are told beside the others. One row more than asked for is read, to see whether more follow.
 */
import type { CapabilityFilter, NodeFilter, Page, PageRequest } from '../../../../contracts/node/query.ts';
import type { NodeRow } from '../../../../contracts/node/row.ts';
import { defaultNodeSettings } from '../../../../contracts/node/settings.ts';
import type { Row, Statement } from '../../../transaction.ts';
import {
  type EffectiveDeadlines,
  deadlineTermsOf,
  effectiveDeadlines,
} from '../../node-liveness/effective-deadlines.ts';
import { nodeColumnList, parseNodeRow } from '../projector/row.ts';
import { bindingOf, decodeCursor, encodeCursor, type Position } from './cursor.ts';
import { filterConditions, timeConditions } from './filters.ts';
import { checkInstant, checkNumber } from './invalid-query.ts';
import type { ListOrder } from './orders.ts';
import { Parameters } from './parameters.ts';
import { ask, domainOf, inDomain, type ReaderDeps, warnOfMalformed, whereAll } from './question.ts';

export interface ListRequest {
  /** Cursors of one method are none of another. */
  readonly method: string;
  readonly page: PageRequest;
  readonly order: ListOrder;
  readonly filter?: NodeFilter & CapabilityFilter;
  /** Condition on the effective deadlines, beside `filter`. */
  readonly due?: (deadlines: EffectiveDeadlines) => string;
  /** RFC 3339: the instant `due` speaks of; default the database's clock. */
  readonly now?: string | undefined;
}

const defaultPageSize = 100;
const largestPage = 1000;

/** @throws ND002 before anything is asked; ND009-ND012 */
export async function listNodes(deps: ReaderDeps, request: ListRequest): Promise<Page<NodeRow>> {
  const { statement, limit, binding } = compileList(deps, request);
  const rows = await ask(deps, request.method, statement);
  const shown = rows.slice(0, limit);
  const parsed = shown.map(parseNodeRow);
  const malformed = parsed.flatMap((row) => (row.ok ? [] : [row.malformed]));
  warnOfMalformed(deps, request.method, malformed);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: parsed.flatMap((row) => (row.ok ? [row.row] : [])),
    next_cursor: last === undefined ? null : encodeCursor(binding, positionOf(last, request.order)),
    has_more: last !== undefined,
    malformed,
  };
}

/** The statement of a page; apart from its run so that tests can look at its plan. */
export function compileList(
  deps: Pick<ReaderDeps, 'settings'>,
  { method, page, order, filter = {}, due, now }: ListRequest,
): { readonly statement: Statement; readonly limit: number; readonly binding: string } {
  const limit = pageSize(page);
  const domain = domainOf(page.domain);
  const judged = now === undefined ? null : checkInstant('now', now);
  const onRow = [...inDomain(domain), ...filterConditions(filter)];
  const onTime = [...timeConditions(filter), ...(due === undefined ? [] : [due])];
  const binding = bindingOf(method, { ...filter, domain, now: judged });
  const after = page.cursor === undefined ? null : decodeCursor(page.cursor, binding, order.shape);

  const parameters = new Parameters();
  const settings = deps.settings?.() ?? defaultNodeSettings;
  const deadlines = onTime.length === 0 ? null : effectiveDeadlines(parameters.add, deadlineTermsOf(settings), judged);
  const conditions = [
    ...onRow.map((condition) => condition(parameters)),
    ...(deadlines === null ? [] : onTime.map((condition) => condition(deadlines))),
    ...(after === null ? [] : [order.after(after, parameters)]),
  ];
  const keys = order.keys.map((key, index) => `${key} AS position_${index}`).join(', ');
  // Not prepared by name: a plan for these very values knows which tags are rare, a general one does not.
  const text =
    `SELECT ${nodeColumnList('p')}, ${keys} FROM registration_projections p ${deadlines?.joins ?? ''}` +
    `${whereAll(conditions)} ORDER BY ${order.by} LIMIT ${parameters.add(limit + 1, 'integer')}`;
  return { statement: { text, values: parameters.values }, limit, binding };
}

/** 1-1000, default 100. @throws ND002 */
export function pageSize({ limit }: PageRequest): number {
  return limit === undefined ? defaultPageSize : checkNumber('limit', limit, 1, largestPage);
}

function positionOf(row: Row, order: ListOrder): Position {
  return order.keys.map((_, index) => {
    const value = row[`position_${index}`];
    if (value instanceof Date) return value.toISOString();
    // `infinity` in a time column comes as a number.
    return typeof value === 'number' ? String(value).toLowerCase() : String(value);
  });
}
