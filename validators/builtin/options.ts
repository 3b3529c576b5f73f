/**
 * Options of built-ins as one table: its rows give the JSON Schema that is registered, the defaults, and the check
 * of what a project configured.
 */
import { OmniBaseError } from '../../contracts/error.ts';

type OptionRow =
  | { readonly kind: 'boolean'; readonly default: boolean; readonly description: string }
  | {
      readonly kind: 'integer';
      readonly default: number;
      readonly minimum: number;
      readonly maximum: number;
      readonly description: string;
    }
  | {
      readonly kind: 'choice';
      readonly default: string;
      readonly values: readonly string[];
      readonly description: string;
    }
  | { readonly kind: 'list'; readonly default: readonly string[]; readonly description: string }
  /** One of `values`, or a list of any words. */
  | {
      readonly kind: 'choice-or-list';
      readonly default: string;
      readonly values: readonly string[];
      readonly description: string;
    };

export type OptionTable = Readonly<Record<string, OptionRow>>;

type ValueOf<Row extends OptionRow> = Row extends { readonly kind: 'boolean' }
  ? boolean
  : Row extends { readonly kind: 'integer' }
    ? number
    : Row extends { readonly kind: 'choice'; readonly values: readonly (infer Value)[] }
      ? Value
      : Row extends { readonly kind: 'list' }
        ? readonly string[]
        : string | readonly string[];

export type OptionValues<Table extends OptionTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/**
 * The values in force: what was given, else the default.
 *
 * @throws OmniBaseError OR020 with a JSON pointer for an unknown name or a value that does not fit.
 */
export function readOptions<Table extends OptionTable>(
  component: string,
  table: Table,
  given: Readonly<Record<string, unknown>>,
): OptionValues<Table> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) throw invalid(component, name, `unknown; known are ${known(table)}`);
  }
  const values = Object.entries(table).map(([name, row]) => {
    const value = given[name] ?? row.default;
    const reason = mismatch(row, value);
    if (reason !== null) throw invalid(component, name, reason);
    return [name, value];
  });
  return Object.fromEntries(values) as OptionValues<Table>;
}

/** The JSON Schema of a table, for `options_schema` of the metadata. */
export function optionsSchema(table: OptionTable): Readonly<Record<string, unknown>> {
  const properties = Object.entries(table).map(([name, row]) => [name, schemaOf(row)]);
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) };
}

function schemaOf(row: OptionRow): Readonly<Record<string, unknown>> {
  const about = { description: row.description, default: row.default };
  const list = { type: 'array', items: { type: 'string' } };
  switch (row.kind) {
    case 'boolean':
      return { type: 'boolean', ...about };
    case 'integer':
      return { type: 'integer', minimum: row.minimum, maximum: row.maximum, ...about };
    case 'choice':
      return { enum: row.values, ...about };
    case 'list':
      return { ...list, ...about };
    case 'choice-or-list':
      return { anyOf: [{ enum: row.values }, list], ...about };
  }
}

function mismatch(row: OptionRow, value: unknown): string | null {
  switch (row.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be true or false';
    case 'integer': {
      const fits = Number.isInteger(value) && Number(value) >= row.minimum && Number(value) <= row.maximum;
      return fits ? null : `must be a whole number from ${row.minimum} to ${row.maximum}`;
    }
    case 'choice':
      return row.values.some((allowed) => allowed === value) ? null : `must be one of ${row.values.join(', ')}`;
    case 'list':
      return isList(value) ? null : 'must be a list of text';
    case 'choice-or-list':
      return isList(value) || row.values.some((allowed) => allowed === value)
        ? null
        : `must be ${row.values.join(', ')} or a list of text`;
  }
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function known(table: OptionTable): string {
  const names = Object.keys(table);
  return names.length === 0 ? 'none' : names.join(', ');
}

function invalid(component: string, name: string, reason: string): OmniBaseError {
  const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return new OmniBaseError('OR020', { details: { component, pointer, reason } });
}
