/**
 * `omnibase validate metadata PATH|UUID|-…`: the checks of `registry add` without storing anything. What needs
 * the registry (duplicates, dependencies, cycles) is left out with a warning when none answers.
 */
import { type Issue, OmniBaseError, worstExitCode } from '../../../contracts/error.ts';
import type { CallContext, RegistryApi } from '../../../contracts/registry.ts';
import { normalise } from '../../../domain/component/normalise.ts';
import { registryOptions } from '../../arguments/global-options.ts';
import { flag } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { tryRegistry } from '../../control/registry-control.ts';
import { checkDocument, documentError } from '../../documents/read-document.ts';
import { readSource } from '../../documents/read-source.ts';
import { issueLine } from '../../output/errors.ts';
import { coordinates } from '../../output/record.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { tellError } from '../../tell-error.ts';

interface Valid {
  readonly input: string;
  readonly valid: true;
  readonly component: string;
  readonly uuid: string;
  readonly warnings: readonly Issue[];
}

const notChecked = 'no registry answers: dependencies, cycles and duplicates are not checked';

type Registry = { readonly registry: RegistryApi; readonly call: CallContext } | null;

export const command = defineCommand({
  summary: 'check metadata documents',
  operands: '<what...>',
  examples: [
    { line: 'omnibase validate metadata validator.omnibase.yaml', about: 'a file, or - for stdin' },
    { line: 'omnibase validate metadata *.omnibase.yaml --strict', about: 'several; warnings count as errors' },
    {
      line: 'omnibase validate metadata 6f1d2a52-6f0a-4f6b-9d0e-3a1f0c5d7e11',
      about: 'a component that is registered',
    },
  ],
  options: { strict: flag('--strict', 'warnings about the document are errors'), ...registryOptions },
  run: (context, operands, options) =>
    tryRegistry(context, options, async (registry, call) => {
      const open: Registry = registry === null ? null : { registry, call };
      if (registry === null) context.warn(notChecked);
      const codes: number[] = [];
      const valid: Valid[] = [];
      for (const operand of operands) {
        try {
          valid.push(await validate(context, open, operand, options.strict));
        } catch (thrown) {
          codes.push(tellError(context, thrown));
        }
      }
      const warned = valid.some(({ warnings }) => warnings.length > 0);
      if (options.failOn.includes('warning') && warned) codes.push(1);
      if (valid.length > 0)
        await print(context, confirmationFormat(context), { schema_version: 1, data: valid }, () =>
          valid.map(render).join(''),
        );
      return worstExitCode(codes);
    }),
});

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function validate(context: CommandContext, registry: Registry, operand: string, strict: boolean): Promise<Valid> {
  return uuidPattern.test(operand)
    ? validateRegistered(registry, operand, strict)
    : validateFile(context, registry, operand, strict);
}

async function validateFile(
  context: CommandContext,
  registry: Registry,
  operand: string,
  strict: boolean,
): Promise<Valid> {
  const source = await readSource(context.io, operand);
  const { document, metadata, warnings } = checkDocument(source, strict);
  const all = registry === null ? warnings : await checkAgainstRegistry(context, registry, document, strict);
  return { input: source.shown, valid: true, component: coordinates(metadata), uuid: metadata.uuid, warnings: all };
}

async function validateRegistered(registry: Registry, uuid: string, strict: boolean): Promise<Valid> {
  if (registry === null) throw new OmniBaseError('RG016', { details: { ref: uuid } });
  const { data } = await registry.registry.lookup(uuid, { include_archived: true }, registry.call);
  const { metadata, issues } = normalise(data.metadata, { strict });
  if (metadata === null) throw documentError(uuid, issues);
  return { input: uuid, valid: true, component: coordinates(metadata), uuid: metadata.uuid, warnings: issues };
}

/** Codes that say the registry cannot look now; what it would have checked is left out. */
const unanswered: ReadonlySet<string> = new Set(['RG015', 'RG016', 'OB010', 'OB015']);

/** A registration that is rolled back. */
async function checkAgainstRegistry(
  context: CommandContext,
  { registry, call }: NonNullable<Registry>,
  document: unknown,
  strict: boolean,
): Promise<readonly Issue[]> {
  try {
    const { data, warnings } = await registry.register(document, { dry_run: true, strict }, call);
    if (data.would === 'conflict') throw new OmniBaseError('RG002', { details: { uuid: data.uuid } });
    return warnings;
  } catch (error) {
    if (!(error instanceof OmniBaseError && unanswered.has(error.code))) throw error;
    context.warn(notChecked);
    return [];
  }
}

function render({ input, component, uuid, warnings }: Valid): string {
  return [
    `valid: true  ${input}`,
    `  component: ${component}`,
    `  uuid: ${uuid}`,
    ...warnings.map((issue) => `  ${issueLine(issue)}`),
    '',
  ].join('\n');
}
