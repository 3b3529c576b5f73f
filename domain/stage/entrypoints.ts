/**
 * From the entrypoint of the metadata to what a runner starts (stages.md 7.1). Kinds that no runner of this release
 * starts are named, so that nothing is dropped silently.
 */
import type { ComponentMetadata, Entrypoint } from '../../contracts/component.ts';
import type { PlannedEntrypoint } from '../../contracts/stage.ts';

export type EntrypointPlan =
  | { readonly supported: true; readonly entrypoint: PlannedEntrypoint; readonly note: string | null }
  | { readonly supported: false; readonly reason: string };

type Command = Extract<Entrypoint, { readonly kind: 'command' }>;

/** How to start the component, or why it cannot be started. */
export function planEntrypoint(metadata: ComponentMetadata): EntrypointPlan {
  const { entrypoint } = metadata;
  if (entrypoint === undefined) return { supported: false, reason: 'it has no entrypoint' };
  if (metadata.isolation === 'container') {
    return { supported: false, reason: 'it asks for a container, and a weaker isolation is never used instead' };
  }
  switch (entrypoint.kind) {
    case 'builtin':
      return { supported: true, entrypoint: { kind: 'builtin', id: entrypoint.id }, note: null };
    case 'command':
      return planCommand(entrypoint, executionSettings(metadata));
    case 'foreign':
      return { supported: false, reason: `its entrypoint is ${entrypoint.runtime} code; wrap it as a command` };
    default:
      return { supported: false, reason: `this release does not run entrypoints of kind ${entrypoint.kind}` };
  }
}

/** Settings of `x_extensions.omnibase` that planning reads; those of the entrypoint itself win. */
export interface ExecutionSettings {
  readonly pass_codes: readonly number[] | null;
  readonly fail_codes: readonly number[] | null;
  readonly parse: string | null;
  /** References of components that run first when they are selected. */
  readonly after: readonly string[];
}

export function executionSettings({ x_extensions }: Pick<ComponentMetadata, 'x_extensions'>): ExecutionSettings {
  const { omnibase } = x_extensions;
  const settings: Readonly<Record<string, unknown>> = isRecord(omnibase) ? omnibase : {};
  return {
    pass_codes: listOf(settings['pass_codes'], isExitCode),
    fail_codes: listOf(settings['fail_codes'], isExitCode),
    parse: typeof settings['parse'] === 'string' ? settings['parse'] : null,
    after: listOf(settings['after'], isText) ?? [],
  };
}

function planCommand(command: Command, settings: ExecutionSettings): EntrypointPlan {
  const parse = command.parse ?? settings.parse ?? 'text';
  const known = parse === 'text' || parse === 'unix';
  return {
    supported: true,
    entrypoint: {
      kind: 'command',
      program: command.program,
      args: command.args,
      // A protocol names both directions; without one a plain command takes file names and prints text.
      input: command.input ?? (command.protocol === undefined ? 'args' : 'stdin-json'),
      output: command.output ?? (command.protocol === undefined ? 'text' : 'json'),
      pass_codes: command.pass_codes ?? settings.pass_codes ?? [0],
      fail_codes: command.fail_codes ?? settings.fail_codes ?? [1],
      parse: known ? parse : 'text',
    },
    note: known ? null : `its output is shown as text: this release does not read ${parse}`,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf<T>(value: unknown, accepts: (item: unknown) => item is T): readonly T[] | null {
  return Array.isArray(value) && value.every(accepts) ? value : null;
}

function isExitCode(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
