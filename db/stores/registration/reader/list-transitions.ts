/** The history of one node, newest first (registration.md 8 `getTransitions`). */
import type { PageRequest, TransitionPage } from '../../../../contracts/node/query.ts';
import type { TransitionRow } from '../../../../contracts/node/row.ts';
import { registrationStates, transitionKinds } from '../../../../contracts/node/vocabulary.ts';
import type { Row } from '../../../transaction.ts';
import { integer, nullable, oneOf, type Readers, readColumns, text, time } from '../projector/read-columns.ts';
import { bindingOf, decodeCursor, encodeCursor } from './cursor.ts';
import { checkNumber, checkUuid } from './invalid-query.ts';
import { pageSize } from './list-rows.ts';
import { Parameters } from './parameters.ts';
import { ask, domainOf, type ReaderDeps, warnOfMalformed, whereAll } from './question.ts';

export type TransitionRequest = PageRequest & {
  /** Only those after this one: "what is new since". */
  readonly since_id?: number;
};

const readers: Readers<TransitionRow> = {
  id: integer,
  entity_id: text,
  domain: text,
  epoch: nullable(integer),
  version: nullable(integer),
  kind: oneOf(transitionKinds),
  from_state: nullable(oneOf(registrationStates)),
  to_state: oneOf(registrationStates),
  event_id: text,
  cause_id: nullable(text),
  correlation_id: nullable(text),
  attempt_id: nullable(text),
  // Who wrote a row by hand may have left it out.
  actor: (value) => text(value ?? 'unknown'),
  reason_code: nullable(text),
  deadline_at: nullable(time),
  occurred_at: time,
};

const columns = Object.keys(readers)
  .map((column) => `t.${column}`)
  .join(', ');

const shape = [(key: string) => /^\d{1,18}$/.test(key)];

export async function listTransitions(
  deps: ReaderDeps,
  entityId: string,
  request: TransitionRequest = {},
): Promise<TransitionPage> {
  const limit = pageSize(request);
  const id = checkUuid('entity_id', entityId);
  const domain = domainOf(request.domain);
  const since =
    request.since_id === undefined ? null : checkNumber('since_id', request.since_id, 0, Number.MAX_SAFE_INTEGER);
  const binding = bindingOf('getTransitions', { entity_id: id, domain, since_id: since });
  const [before] = request.cursor === undefined ? [] : decodeCursor(request.cursor, binding, shape);

  const { add, values } = new Parameters();
  const conditions = [
    `t.entity_id = ${add(id, 'uuid')}`,
    ...(domain === null ? [] : [`t.domain = ${add(domain, 'text')}`]),
    ...(since === null ? [] : [`t.id > ${add(since, 'bigint')}`]),
    ...(before === undefined ? [] : [`t.id < ${add(before, 'bigint')}`]),
  ];
  const text = `SELECT ${columns} FROM registration_transitions t${whereAll(conditions)} ORDER BY t.id DESC LIMIT ${add(limit + 1, 'integer')}`;
  const rows = await ask(deps, 'getTransitions', { text, values });
  return pageOf(deps, rows, limit, binding);
}

function pageOf(deps: ReaderDeps, rows: readonly Row[], limit: number, binding: string): TransitionPage {
  const shown = rows.slice(0, limit);
  const parsed = shown.map((row) => ({ row, read: readColumns(readers, row) }));
  const malformed = parsed.flatMap(({ row, read }) =>
    read.ok ? [] : [{ entity_id: String(row['entity_id']), domain: String(row['domain']), path: read.path }],
  );
  warnOfMalformed(deps, 'getTransitions', malformed);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: parsed.flatMap(({ read }) => (read.ok ? [read.row] : [])),
    next_cursor: last === undefined ? null : encodeCursor(binding, [String(last['id'])]),
    has_more: last !== undefined,
    malformed,
  };
}
