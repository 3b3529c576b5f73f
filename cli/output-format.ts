/** Which format an answer is printed in, and how documents become text. */
import { type OutputFormat, outputFormats } from './arguments/global-options.ts';
import { member } from './arguments/options.ts';
import type { UsageCode } from './arguments/usage.ts';
import type { CommandContext } from './command.ts';
import type { Environment } from './io.ts';

/**
 * The format someone asked for: `--format`, `--json`, then `OMNIBASE_FORMAT`.
 *
 * @throws OB002 (OR001 for stage runs) when the environment names a format that does not exist
 */
export function askedFormat(
  globals: { readonly format: OutputFormat | undefined; readonly json: boolean },
  env: Environment,
  code: UsageCode,
): OutputFormat | null {
  if (globals.format !== undefined) return globals.format;
  if (globals.json) return 'json';
  const given = env['OMNIBASE_FORMAT'];
  return given === undefined || given === '' ? null : member('OMNIBASE_FORMAT', given, outputFormats, code);
}

/** Format of data: what was asked for, else human on a terminal and JSON off it (registry.md 14). */
export function dataFormat(context: CommandContext): OutputFormat {
  return context.askedFormat ?? (context.io.stdout.isTerminal ? 'human' : 'json');
}

/** Format of confirmations and of status: human unless asked otherwise. */
export function confirmationFormat(context: CommandContext): OutputFormat {
  return context.askedFormat ?? 'human';
}

/** A document as JSON or YAML text; JSON lines print one item per line where the document is a list. */
export async function renderDocument(document: unknown, format: Exclude<OutputFormat, 'human'>): Promise<string> {
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  if (format === 'jsonl')
    return (Array.isArray(document) ? document : [document]).map((item) => `${JSON.stringify(item)}\n`).join('');
  const { toYaml } = await import('./output/yaml.ts');
  return toYaml(document);
}

/** Prints `document` in a machine format, or what `human` makes. */
export async function print(
  context: CommandContext,
  format: OutputFormat,
  document: unknown,
  human: () => string,
): Promise<void> {
  context.io.stdout.write(format === 'human' ? human() : await renderDocument(document, format));
}
