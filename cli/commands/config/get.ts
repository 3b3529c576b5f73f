/** `omnibase config get KEY`: the value of one setting. */
import { OmniBaseError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { loadCliConfig } from '../../control/load-cli-config.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { shownValue } from './list.ts';

export const command = defineCommand({
  summary: 'print one setting',
  operands: '<key>',
  examples: [{ line: 'omnibase config get registry.cache.ttl_seconds', about: 'the value alone' }],
  options: {},
  async run(context, [key = '']) {
    const { value, source, origin } = (await loadCliConfig(context)).explain(key);
    if (value === undefined)
      throw new OmniBaseError('OB003', {
        message: `${key} is not set`,
        details: { key },
        next: `omnibase config explain ${key}`,
      });
    await print(
      context,
      confirmationFormat(context),
      { schema_version: 1, key, value, source, origin },
      () => `${shownValue(value)}\n`,
    );
    return 0;
  },
});
