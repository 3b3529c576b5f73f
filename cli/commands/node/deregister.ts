/** `omnibase node deregister ID`: takes a node out, as an operator. */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { Deregister } from '../../../contracts/node/messages.ts';
import { checkDeregister } from '../../../domain/registration/messages.ts';
import { text } from '../../arguments/options.ts';
import { defineCommand } from '../../command.ts';
import { withNodes } from '../../control/node-control.ts';
import { deregisterExitCode } from '../../nodes/exit-codes.ts';
import { isUuid, nodeKeyOf, nodeOptions } from '../../nodes/options.ts';
import { palette } from '../../output/colour.ts';
import { renderAnswer } from '../../output/node-answer.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'take a node out',
  operands: '<id>',
  examples: [
    { line: 'omnibase node deregister ID', about: 'it is offered to nobody from now on' },
    { line: "omnibase node deregister ID --reason 'host is retired'", about: 'with words that are kept' },
  ],
  options: {
    reason: text('--reason <text>', 'kept with the change'),
    ...nodeOptions,
  },
  notes: [
    'Exit codes: 0, also when the node is out already; 3 unknown node. The node itself should stop first, or it registers again.',
  ],
  run(context, [id = ''], { reason, domain, noAutostart }) {
    const message = messageOf({
      command_id: randomUUID(),
      ...nodeKeyOf(id, domain),
      reason: reason ?? 'taken out by an operator',
      actor: { type: 'operator', id: `user:${userInfo().username}` },
      ...(isUuid(context.correlationId) ? { correlation_id: context.correlationId } : {}),
    });
    return withNodes(context, noAutostart, async (nodes, call) => {
      const answer = await nodes.deregister(message, call);
      const { node_id, domain: inDomain } = message;
      const deregistered = deregisterExitCode(answer.result) === 0;
      await print(
        context,
        confirmationFormat(context),
        { schema_version: 1, deregistered, node_id, domain: inDomain, ...answer },
        () =>
          renderAnswer(
            [
              ['deregistered', String(deregistered)],
              ['result', answer.result],
            ],
            message,
            answer,
            palette(context.io.stdout.colour),
          ),
      );
      return deregisterExitCode(answer.result);
    });
  },
});

/** @throws ND001 for a reason that is empty, too long, or has control characters */
function messageOf(message: unknown): Deregister {
  const checked = checkDeregister(message);
  if (checked.ok) return checked.value;
  const [first] = checked.issues;
  throw new OmniBaseError('ND001', {
    message: first === undefined ? 'the message is not valid' : `${first.path}: ${first.message}`,
    issues: checked.issues,
    next: 'omnibase node deregister --help',
  });
}
