/** `omnibase node ack ID`: confirms an offer. */
import { text } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { withNodes } from '../../control/node-control.ts';
import { ackOf } from '../../nodes/acknowledge.ts';
import { ackExitCode, isAcknowledged } from '../../nodes/exit-codes.ts';
import { nodeKeyOf, nodeOptions, uuidOf } from '../../nodes/options.ts';
import { palette } from '../../output/colour.ts';
import { renderAnswer } from '../../output/node-answer.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'acknowledge the offer of a node',
  operands: '<id>',
  examples: [
    { line: 'omnibase node ack ID --attempt ATTEMPT', about: 'names the attempt, as a node always should' },
    { line: 'omnibase node ack ID', about: 'the one open attempt' },
  ],
  options: {
    attempt: text('--attempt <uuid>', 'attempt that is acknowledged; may be left out while just one is open'),
    ...nodeOptions,
  },
  notes: ['Exit codes: 0 activated, acknowledged before, or recorded for later; 1 any other answer; 3 unknown node.'],
  run(context, [id = ''], { attempt, domain, noAutostart }) {
    const key = nodeKeyOf(id, domain);
    const ack = ackOf(key, attempt === undefined ? null : uuidOf(attempt, '--attempt'), context.correlationId);
    return withNodes(context, noAutostart, async (nodes, call) => {
      const answer = await nodes.ack(ack, call);
      const acknowledged = isAcknowledged(answer.result);
      await print(context, confirmationFormat(context), { schema_version: 1, acknowledged, ...key, ...answer }, () =>
        renderAnswer(
          [
            ['acknowledged', String(acknowledged)],
            ['result', answer.result],
          ],
          key,
          answer,
          palette(context.io.stdout.colour),
        ),
      );
      return ackExitCode(answer.result);
    });
  },
});
