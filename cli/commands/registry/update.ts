/** `omnibase registry update REF`: changes fields by a merge patch, guarded by the revision. */
import type { CallContext, RegistryApi, UpdateOptions } from '../../../contracts/registry.ts';
import { registryOptions } from '../../arguments/global-options.ts';
import { flag, integer, list, type OptionValues, repeated, text } from '../../arguments/options.ts';
import { usageError } from '../../arguments/usage.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withRegistry } from '../../control/registry-control.ts';
import { buildPatch } from '../../documents/build-patch.ts';
import { readDocument } from '../../documents/read-document.ts';
import { readSource } from '../../documents/read-source.ts';
import { printAnswer, warningExitCode } from '../../output/answer.ts';
import { coordinates } from '../../output/record.ts';
import { confirmationFormat } from '../../output-format.ts';

const options = {
  patch: text('--patch <file>', 'merge patch as YAML or JSON, or - for stdin'),
  set: repeated('--set <field=value>', 'set one field; repeatable'),
  unset: list('--unset <fields>', 'remove fields'),
  addTag: list('--add-tag <tags>', 'add tags'),
  removeTag: list('--remove-tag <tags>', 'remove tags'),
  ifRevision: integer('--if-revision <n>', 'only if this is the stored revision', 1, 2 ** 31 - 1),
  reason: text('--reason <text>', 'kept with the change'),
  idempotencyKey: text('--idempotency-key <key>', 'the same key gives the same answer for 24 h'),
  force: flag('--force', 'change frozen fields too (needs admin)'),
  dryRun: flag('--dry-run', 'tell what would happen'),
  ...registryOptions,
};
type Options = OptionValues<typeof options>;

export const command = defineCommand({
  summary: 'change fields of a component',
  operands: '<ref>',
  examples: [
    { line: "omnibase registry update json --set description='Checks JSON'", about: 'one field' },
    {
      line: 'omnibase registry update acme.lint --add-tag ci --if-revision 3',
      about: 'only if nobody changed it meanwhile',
    },
    { line: 'omnibase registry update acme.lint --patch change.yaml', about: 'several fields at once' },
  ],
  options,
  async run(context, [ref = ''], options) {
    const patch =
      options.patch === undefined ? undefined : readDocument(await readSource(context.io, options.patch)).document;
    const wanted = [options.patch, ...options.set, ...options.unset, ...options.addTag, ...options.removeTag].filter(
      (wish) => wish !== undefined,
    );
    if (wanted.length === 0)
      throw usageError('nothing to change', 'give --patch, --set, --unset, --add-tag or --remove-tag');
    return withRegistry(context, options, 'write', (registry, call) =>
      update(context, registry, call, ref, patch, options),
    );
  },
});

async function update(
  context: CommandContext,
  registry: RegistryApi,
  call: CallContext,
  ref: string,
  patch: unknown,
  options: Options,
): Promise<number> {
  const touchesTags = options.addTag.length > 0 || options.removeTag.length > 0;
  const current = touchesTags ? (await registry.lookup(ref, { include_archived: true }, call)).data : null;
  const document = buildPatch({ ...options, patch }, current?.metadata.tags ?? []);
  // Tags are replaced whole: without the revision a change made meanwhile would be lost.
  const ifRevision = options.ifRevision ?? current?.registry.revision;
  const settings: UpdateOptions = {
    ...(ifRevision === undefined ? {} : { if_revision: ifRevision }),
    ...(options.dryRun ? { dry_run: true } : {}),
    ...(options.force ? { force: true } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.idempotencyKey === undefined ? {} : { idempotency_key: options.idempotencyKey }),
  };
  const answer = await registry.update(current?.metadata.uuid ?? ref, document, settings, call);
  const { metadata, registry: facts } = answer.data;
  const result = {
    updated: !options.dryRun,
    uuid: metadata.uuid,
    component: coordinates(metadata),
    revision: facts.revision,
    fingerprint: facts.fingerprint,
  };
  await printAnswer(context, confirmationFormat(context), answer, {
    data: options.dryRun ? { ...result, would: answer.data } : result,
    human: () =>
      `${Object.entries(result)
        .map(([key, value]) => `${key}: ${value}`)
        .join('\n')}\n`,
  });
  return warningExitCode(options.failOn, answer.warnings);
}
