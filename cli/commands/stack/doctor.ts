/** `omnibase doctor`: looks at everything the product needs and names the mend. Exit 1 when something fails. */
import type { CheckResult } from '../../doctor/check.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { runChecks } from '../../doctor/check.ts';
import { diskCheck, gitCheck, nodeCheck } from '../../doctor/machine.ts';
import { hookCheck } from '../../doctor/repository.ts';
import { cacheCheck, clockCheck, databaseCheck, gatewayCheck, stackCheck } from '../../doctor/stack.ts';
import { palette } from '../../output/colour.ts';
import { safeText } from '../../output/safe-text.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'find what is wrong and how to mend it',
  examples: [
    { line: 'omnibase doctor', about: 'one line per check, with the mend' },
    { line: 'omnibase doctor --json', about: 'for a script; exit 1 when a check fails' },
  ],
  options: {},
  async run(context) {
    const checks = await runChecks([
      nodeCheck(process.version),
      gitCheck(context.io.env),
      diskCheck(context.io.env),
      stackCheck(context),
      databaseCheck(context),
      gatewayCheck(context),
      clockCheck(context),
      cacheCheck(context),
      hookCheck(context),
    ]);
    const failed = checks.some(({ status }) => status === 'fail');
    const document = { schema_version: 1, healthy: !failed, checks };
    await print(context, confirmationFormat(context), document, () =>
      checks.map((check) => renderCheck(context, check)).join(''),
    );
    return failed ? 1 : 0;
  },
});

function renderCheck({ io }: CommandContext, { name, status, message, next }: CheckResult): string {
  const paint = palette(io.stdout.colour);
  const colour = { ok: paint.good, warn: paint.warning, fail: paint.bad }[status];
  return `${colour(status.padEnd(4))}  ${name.padEnd(14)}  ${safeText(message)}${next === null ? '' : `\n${' '.repeat(22)}mend: ${safeText(next)}`}\n`;
}
