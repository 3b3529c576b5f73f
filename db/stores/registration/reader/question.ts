/**
 * How the reader asks: every statement through the breaker, failures as ND009-ND012; and what all methods share.
 */
import type { MalformedRow } from '../../../../contracts/node/query.ts';
import type { NodeSettings } from '../../../../contracts/node/settings.ts';
import { defaultNodeDomain } from '../../../../contracts/node/vocabulary.ts';
import type { Database } from '../../../client.ts';
import type { Breaker } from '../../../resilience/breaker.ts';
import { type FailureLogger, guardedBy } from '../../../resilience/guarded.ts';
import type { Row, Statement } from '../../../transaction.ts';
import { checkText } from './invalid-query.ts';
import type { Condition } from './parameters.ts';

/** Fields first, as pino has it. */
export interface ReaderLogger extends FailureLogger {
  warn(fields: object, message: string): void;
}

export interface ReaderDeps {
  readonly database: Database;
  readonly breaker?: Breaker;
  readonly logger?: ReaderLogger;
  /** Settings that deadlines depend on, read at every call; default: those of the product. */
  readonly settings?: () => NodeSettings;
}

/** Runs one statement and answers its rows. @throws ND009, ND010, ND011, ND012 */
export async function ask(deps: ReaderDeps, method: string, { text, values, name }: Statement): Promise<Row[]> {
  const { database, breaker, logger } = deps;
  const named = name === undefined ? {} : { name };
  return guardedBy({ breaker, logger })(
    method,
    async () => (await database.pool.query<Row>({ text, values: [...(values ?? [])], ...named })).rows,
  );
}

/** Rows nobody should have written fail nothing; somebody should look at them. */
export function warnOfMalformed(deps: ReaderDeps, method: string, malformed: readonly MalformedRow[]): void {
  if (malformed.length === 0) return;
  deps.logger?.warn(
    { code: 'registration.reader.malformed_rows', method, malformed },
    `${malformed.length} rows could not be read as nodes`,
  );
}

/** The domain a call means: `registration` unless given, null for all. */
export function domainOf(domain: string | null | undefined): string | null {
  return domain === undefined ? defaultNodeDomain : domain === null ? null : checkText('domain', domain, 128);
}

export function inDomain(domain: string | null): readonly Condition[] {
  return domain === null ? [] : [({ add }) => `p.domain = ${add(domain, 'text')}`];
}

/** `WHERE …` of several conditions, which all hold. */
export function whereAll(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}
