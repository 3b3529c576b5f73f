/** The page of settings: every key with its variable, default, allowed values and meaning, out of the schema itself. */
import { type JsonSchemaNode, configDefaults, configJsonSchema } from '../contracts/config.ts';
import { environmentName, listSettings, type SettingDefinition, valueAt } from '../domain/config/settings.ts';

/** `docs/reference/config.md`. */
export function renderConfigPage(): string {
  const settings = listSettings(configJsonSchema());
  const groups = [...new Set(settings.map(({ key }) => groupOf(key)))];
  const intro = [
    '# Settings',
    '',
    'Generated from `contracts/config.ts` by `node scripts/docs.ts`; do not edit.',
    '',
    'A value comes from a flag, the environment, `omnibase.config.yaml` of the project, `config.yaml` of the user, or the default,',
    'in this order. The variable of a key is `OMNIBASE_` and the key in upper case, dots as underscores; lists are separated by',
    'commas, maps and lists of maps are JSON. An unknown key, a value out of range, or text where a number belongs ends the program',
    'with exit 2 and names the key; nothing is ever replaced by a default in silence. Times are milliseconds where the name ends',
    'in `_ms`. `omnibase config explain KEY` tells the present value and where it comes from.',
  ];
  return `${[...intro, ...groups.flatMap((group) => table(group, settings))].join('\n')}\n`;
}

function table(group: string, settings: readonly SettingDefinition[]): readonly string[] {
  const rows = settings.filter(({ key }) => groupOf(key) === group).map(row);
  return ['', `## ${group}`, '', '| Key | Variable | Default | Values | Meaning |', '|---|---|---|---|---|', ...rows];
}

function row({ key, schema, description }: SettingDefinition): string {
  const byDefault = valueAt(configDefaults, key.split('.'));
  const cells = [
    `\`${key}\``,
    key.includes('*') ? '-' : `\`${environmentName(key)}\``,
    byDefault === undefined ? '-' : `\`${typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault)}\``,
    shownValues(schema),
    description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function groupOf(key: string): string {
  return key.split('.')[0] ?? key;
}

/** What a setting may be, as short as it can be said. */
export function shownValues(schema: JsonSchemaNode): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(shownValues).join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const).replaceAll('"', '')}\``;
  switch (schema.type) {
    case 'integer':
    case 'number':
      return schema.minimum === undefined ? 'number' : `${schema.minimum} to ${schema.maximum ?? 'any'}`;
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return schema.items?.enum === undefined ? 'list' : `list of ${shownValues(schema.items)}`;
    case 'object':
      return 'map';
    default:
      return schema.type === 'string' ? 'text' : (schema.type ?? 'any');
  }
}
