/** `omnibase config explain KEY`: what a setting means, its value, and where that comes from. */
import { defineCommand } from '../../command.ts';
import { loadCliConfig } from '../../control/load-cli-config.ts';
import { safeText } from '../../output/safe-text.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { shownValue } from './list.ts';

export const command = defineCommand({
  summary: 'tell what a setting means',
  operands: '<key>',
  examples: [{ line: 'omnibase config explain stages.ci.timeout_ms', about: 'meaning, value and source' }],
  options: {},
  async run(context, [key = '']) {
    const setting = (await loadCliConfig(context)).explain(key);
    const { value, source, origin, description } = setting;
    await print(context, confirmationFormat(context), { schema_version: 1, ...setting }, () =>
      [
        `${key}: ${description}`,
        `value: ${shownValue(value)}`,
        `source: ${value === undefined ? 'nobody sets it' : source}${origin === null ? '' : ` (${safeText(origin)})`}`,
        '',
      ].join('\n'),
    );
    return 0;
  },
});
