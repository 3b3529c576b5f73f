/** `omnibase registry sync`: brings the file cache of this machine up to date. */
import { registryOptions } from '../../arguments/global-options.ts';
import { flag } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { withRegistry } from '../../control/registry-control.ts';
import { printAnswer, warningExitCode } from '../../output/answer.ts';
import { shownDuration } from '../../output/duration.ts';
import { confirmationFormat } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'bring the local cache up to date',
  examples: [
    { line: 'omnibase registry sync', about: 'what changed since the last time' },
    { line: 'omnibase registry sync --full', about: 'everything anew' },
  ],
  options: { full: flag('--full', 'read everything, not only changes'), ...registryOptions },
  run: (context, _operands, options) =>
    withRegistry(context, options, 'write', async (registry, call) => {
      const answer = await registry.sync(options.full ? { full: true } : {}, call);
      const { kind, applied, removed, watermark, duration_ms, skipped } = answer.data;
      const how = skipped === undefined ? `${applied} applied, ${removed} removed` : `skipped: ${skipped}`;
      await printAnswer(context, confirmationFormat(context), answer, {
        data: answer.data,
        human: () =>
          `synchronised: true\nkind: ${kind}\nresult: ${how}\nwatermark: ${watermark}\nduration: ${shownDuration(duration_ms)}\n`,
      });
      return warningExitCode(options.failOn, answer.warnings);
    }),
});
