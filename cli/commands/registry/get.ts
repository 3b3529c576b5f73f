/** `omnibase registry get REF`: one component. */
import { registryOptions } from '../../arguments/global-options.ts';
import { flag, text } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { withRegistry } from '../../control/registry-control.ts';
import { printAnswer, warningExitCode } from '../../output/answer.ts';
import { renderRecord } from '../../output/record.ts';
import { dataFormat } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'print one component',
  operands: '<ref>',
  examples: [
    { line: 'omnibase registry get json', about: 'the highest released version of the component json' },
    { line: 'omnibase registry get validator:acme.json-lint@^1.2', about: 'the highest version in a range' },
    { line: 'omnibase registry get 6f1d2a52-6f0a-4f6b-9d0e-3a1f0c5d7e11', about: 'exactly this record' },
  ],
  options: {
    versionSpec: text('--version-spec <spec>', 'a version or range the record must fit'),
    includePrerelease: flag('--include-prerelease', 'prereleases too'),
    includeArchived: flag('--include-archived', 'archived ones too'),
    ...registryOptions,
  },
  run: (context, [ref = ''], options) =>
    withRegistry(context, options, 'read', async (registry, call) => {
      const answer = await registry.lookup(
        ref,
        {
          ...(options.versionSpec === undefined ? {} : { version_spec: options.versionSpec }),
          ...(options.includePrerelease ? { include_prerelease: true } : {}),
          ...(options.includeArchived ? { include_archived: true } : {}),
          ...(options.maxStale === undefined ? {} : { max_stale_ms: options.maxStale }),
        },
        call,
      );
      await printAnswer(context, dataFormat(context), answer, {
        data: answer.data,
        human: () => renderRecord(answer.data, Date.now()),
      });
      return warningExitCode(options.failOn, answer.warnings);
    }),
});
