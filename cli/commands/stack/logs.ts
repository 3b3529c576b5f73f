/** `omnibase logs [part]`: what the parts of the local stack wrote. */
import { flag, integer } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { safeText } from '../../output/safe-text.ts';
import { interruptedExitCode, listenForInterruption } from '../../interruption.ts';

export const command = defineCommand({
  summary: 'show the logs of the local stack',
  operands: '[part]',
  examples: [
    { line: 'omnibase logs', about: 'the last lines of every part' },
    { line: 'omnibase logs -f serve', about: 'follow one part' },
  ],
  options: {
    follow: flag('-f, --follow', 'go on until Ctrl-C'),
    lines: integer('-n, --lines <n>', 'so many lines of each part, 100 unless told', 0, 100_000),
  },
  notes: ['Parts: postgres, temporal, serve (also control, host, api), supervisor.'],
  async run(context, [part], { follow, lines }) {
    const { readLogs } = await import('../../../local/up.ts');
    const interruption = listenForInterruption();
    const abort = new AbortController();
    void interruption.first.then(() => abort.abort());
    try {
      const read = readLogs({
        env: { ...context.io.env },
        follow,
        signal: abort.signal,
        ...(part === undefined ? {} : { part }),
        ...(lines === undefined ? {} : { lines }),
      });
      const asJson = context.askedFormat === 'json' || context.askedFormat === 'jsonl';
      for await (const { part: name, text } of read) {
        const prefix = part === undefined ? `${name.padEnd(10)} ` : '';
        context.io.stdout.write(asJson ? `${JSON.stringify({ part: name, text })}\n` : `${prefix}${safeText(text)}\n`);
      }
      return interruption.received === null ? 0 : interruptedExitCode(interruption.received);
    } finally {
      interruption.stop();
    }
  },
});
