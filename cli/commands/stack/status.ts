/** `omnibase status`: what runs, where, and how much it takes. Exit 0 when ready, 6 otherwise. */
import { defineCommand } from '../../command.ts';
import { confirmationFormat, print } from '../../output-format.ts';
import { renderStatus } from '../../output/stack-status.ts';

export const command = defineCommand({
  summary: 'tell what runs and where',
  examples: [
    { line: 'omnibase status', about: 'parts, addresses, memory' },
    { line: 'omnibase status --json', about: 'the same for a script; exit 0 when ready, 6 otherwise' },
  ],
  options: {},
  async run(context) {
    const { stackStatus } = await import('../../../local/up.ts');
    const { timeout } = context.globals;
    const status = await stackStatus({
      env: { ...context.io.env },
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    });
    await print(context, confirmationFormat(context), status, () => renderStatus(status, context.io.stdout));
    return status.state === 'ready' ? 0 : 6;
  },
});
