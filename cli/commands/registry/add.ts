/** `omnibase registry add FILE... | -`: registers components from files, one by one. */
import { OmniBaseError, worstExitCode } from '../../../contracts/error.ts';
import type { Answer, CallContext, RegisterOptions, RegisterResult, RegistryApi } from '../../../contracts/registry.ts';
import { registryOptions } from '../../arguments/global-options.ts';
import { flag, type OptionValues, text } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withRegistry } from '../../control/registry-control.ts';
import { type CheckedDocument, checkDocument } from '../../documents/read-document.ts';
import { readSource, type SourceText } from '../../documents/read-source.ts';
import { printAnswer, warningExitCode } from '../../output/answer.ts';
import { coordinates } from '../../output/record.ts';
import { confirmationFormat } from '../../output-format.ts';
import { tellError } from '../../tell-error.ts';

const options = {
  dryRun: flag('--dry-run', 'tell what would happen, store nothing'),
  strict: flag('--strict', 'warnings about the document are errors'),
  force: flag('--force', 'replace a registered component that differs'),
  reason: text('--reason <text>', 'kept with the change'),
  idempotencyKey: text('--idempotency-key <key>', 'the same key gives the same answer for 24 h'),
  ...registryOptions,
};
type Options = OptionValues<typeof options>;

export const command = defineCommand({
  summary: 'register components from files',
  operands: '<file...>',
  examples: [
    { line: 'omnibase registry add validator.omnibase.yaml', about: 'a document of its own' },
    { line: 'omnibase registry add rules/no-fixme.sh', about: 'a metadata block inside a source file' },
    { line: 'generate | omnibase registry add -', about: 'YAML or JSON from stdin' },
    { line: 'omnibase registry add *.omnibase.yaml --dry-run', about: 'several, only to see what would happen' },
  ],
  options,
  notes: [
    'Several files are handled one by one; the exit code is the worst of them. Registering the same document twice changes nothing.',
  ],
  async run(context, operands, options) {
    const prepared: Prepared[] = [];
    const codes: number[] = [];
    for (const operand of operands)
      await attempt(context, codes, async () => prepared.push(await prepare(context, operand, options.strict)));
    if (prepared.length > 0)
      codes.push(
        await withRegistry(context, options, 'write', (registry, call) =>
          registerAll(context, registry, call, prepared, options),
        ),
      );
    return worstExitCode(codes);
  },
});

interface Prepared {
  readonly source: SourceText;
  readonly checked: CheckedDocument;
}

/** Reads and checks a file before anything is opened or started for it. */
async function prepare({ io }: CommandContext, operand: string, strict: boolean): Promise<Prepared> {
  const source = await readSource(io, operand);
  return { source, checked: checkDocument(source, strict) };
}

async function registerAll(
  context: CommandContext,
  registry: RegistryApi,
  call: CallContext,
  prepared: readonly Prepared[],
  options: Options,
): Promise<number> {
  const codes: number[] = [];
  const done: { source: SourceText; answer: Answer<RegisterResult> }[] = [];
  for (const { source, checked } of prepared) {
    await attempt(context, codes, async () => {
      const answer = await register(registry, call, source, checked.document, options);
      done.push({ source, answer });
      codes.push(answer.data.would === 'conflict' ? 2 : warningExitCode(options.failOn, answer.warnings));
    });
  }
  const [first] = done;
  if (first !== undefined) await printResults(context, done, first.answer);
  return worstExitCode(codes);
}

async function register(
  registry: RegistryApi,
  call: CallContext,
  source: SourceText,
  document: unknown,
  options: Options,
): Promise<Answer<RegisterResult>> {
  const settings: RegisterOptions = {
    source: source.path === null ? { kind: 'api', ref: 'stdin' } : { kind: 'file', ref: source.path },
    ...(options.strict ? { strict: true } : {}),
    ...(options.dryRun ? { dry_run: true } : {}),
    ...(options.force ? { force: true } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.idempotencyKey === undefined ? {} : { idempotency_key: options.idempotencyKey }),
  };
  try {
    return await registry.register(document, settings, call);
  } catch (error) {
    // With several files the message has to say which one it is about.
    if (!(error instanceof OmniBaseError) || error.exitCode === 6) throw error;
    throw OmniBaseError.fromBody({ ...error.toBody(), message: `${source.shown}: ${error.message}` });
  }
}

/** One file's failure is told at once and does not keep the others from being handled. */
async function attempt(context: CommandContext, codes: number[], action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (thrown) {
    codes.push(tellError(context, thrown));
  }
}

async function printResults(
  context: CommandContext,
  done: readonly { readonly source: SourceText; readonly answer: Answer<RegisterResult> }[],
  first: Answer<RegisterResult>,
): Promise<void> {
  const rows = done.map(({ source, answer }) => ({ file: source.shown, ...answer.data }));
  const warnings = done.flatMap(({ answer }) => answer.warnings);
  const [only] = rows;
  await printAnswer(
    context,
    confirmationFormat(context),
    { freshness: first.freshness, warnings },
    {
      data: rows.length === 1 ? only : rows,
      human: () => rows.map((row) => renderResult(row, rows.length > 1)).join('\n'),
    },
  );
}

function renderResult(result: RegisterResult & { readonly file: string }, withFile: boolean): string {
  const outcome = result.would ?? (result.unchanged ? 'unchanged' : result.created ? 'created' : 'replaced');
  const lines = [
    ...(withFile ? [`file: ${result.file}`] : []),
    `registered: ${String(result.registered)}`,
    `${result.would === undefined ? 'outcome' : 'would'}: ${outcome}`,
    `uuid: ${result.uuid}`,
    `component: ${coordinates(result)}`,
    `revision: ${result.revision}`,
    `fingerprint: ${result.fingerprint}`,
  ];
  return `${lines.join('\n')}\n`;
}
