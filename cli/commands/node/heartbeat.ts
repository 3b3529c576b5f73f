/** `omnibase node heartbeat ID`: one beat, or one after the other until interrupted. */
import type { HeartbeatAnswer } from '../../../contracts/node/answers.ts';
import type { NodeKey } from '../../../contracts/node/api.ts';
import { reportedStatuses } from '../../../contracts/node/vocabulary.ts';
import { choice, flag } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withNodes } from '../../control/node-control.ts';
import { beatOf, keepBeating } from '../../nodes/beat.ts';
import { heartbeatExitCode } from '../../nodes/exit-codes.ts';
import { nodeKeyOf, nodeOptions } from '../../nodes/options.ts';
import { untilEnded } from '../../nodes/time-limit.ts';
import { palette } from '../../output/colour.ts';
import { shownDuration } from '../../output/duration.ts';
import { safeText } from '../../output/safe-text.ts';
import { renderAnswer, shownNext } from '../../output/node-answer.ts';
import { confirmationFormat, print, renderDocument } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'prove that a node lives',
  operands: '<id>',
  examples: [
    { line: 'omnibase node heartbeat ID', about: 'one beat' },
    { line: 'omnibase node heartbeat ID --status degraded', about: 'one that says how the node is' },
    { line: 'omnibase node heartbeat ID --every', about: 'at the interval each answer tells, until Ctrl-C' },
  ],
  options: {
    status: choice('--status <status>', 'what the node says of itself, healthy unless told', reportedStatuses),
    every: flag('--every', 'go on at the told interval until interrupted'),
    ...nodeOptions,
  },
  notes: [
    'Exit codes: 0 accepted; 1 ignored (the registration has ended) or stale; 3 unknown node; 130 interrupted.',
    'With --every a control plane that is away is waited for; only an answer that the node is not alive, Ctrl-C or --timeout end it.',
  ],
  run(context, [id = ''], { status = 'healthy', every, domain, noAutostart }) {
    const key = nodeKeyOf(id, domain);
    const make = () => beatOf(key, status, context.correlationId);
    return withNodes(context, noAutostart, async (nodes, call) => {
      if (!every) {
        const answer = await nodes.heartbeat(make(), call);
        await printOne(context, key, answer);
        return heartbeatExitCode(answer.result);
      }
      return untilEnded(context.globals.timeout, async (ending) => {
        const { deadline_ms: _, ...unlimited } = call;
        const last = await keepBeating(nodes, make, { ...unlimited, deadline_ms: 10_000 }, ending, {
          answered: (answer) => void printLine(context, key, answer),
          failed: (error, retryMs) => context.note(`${safeText(error.message)}; next try in ${shownDuration(retryMs)}`),
        });
        return last === null ? 0 : heartbeatExitCode(last.result);
      });
    });
  },
});

function printOne(context: CommandContext, key: Required<NodeKey>, answer: HeartbeatAnswer): Promise<void> {
  return print(context, confirmationFormat(context), documentOf(key, answer), () =>
    renderAnswer(
      [
        ['result', answer.result],
        ['edge', answer.edge === 'none' ? null : answer.edge],
      ],
      key,
      answer,
      palette(context.io.stdout.colour),
    ),
  );
}

async function printLine(context: CommandContext, key: Required<NodeKey>, answer: HeartbeatAnswer): Promise<void> {
  const format = confirmationFormat(context);
  const { stdout } = context.io;
  if (format === 'human') {
    const { result, state, epoch } = answer;
    const next = shownNext(answer);
    const parts = [
      new Date().toISOString(),
      result,
      state ?? '',
      epoch === null ? '' : `epoch ${epoch}`,
      next === null ? '' : `next ${next}`,
    ];
    stdout.write(`${parts.filter((part) => part !== '').join('  ')}\n`);
  } else stdout.write(await renderDocument(documentOf(key, answer), format === 'json' ? 'jsonl' : format));
}

function documentOf(key: Required<NodeKey>, answer: HeartbeatAnswer): object {
  return { schema_version: 1, accepted: answer.result === 'accepted', ...key, ...answer };
}
