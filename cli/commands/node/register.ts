/** `omnibase node register`: announces a node, and with `--ack` completes its handshake. */
import type { AckAnswer, IntrospectionAnswer } from '../../../contracts/node/answers.ts';
import type { Introspection } from '../../../contracts/node/messages.ts';
import { introspectionReasons, nodeTypes } from '../../../contracts/node/vocabulary.ts';
import { choice, flag, repeated, text } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withNodes } from '../../control/node-control.ts';
import { readSource } from '../../documents/read-source.ts';
import { acknowledgeOffer } from '../../nodes/acknowledge.ts';
import { isActivated, isRegistered, registerExitCode } from '../../nodes/exit-codes.ts';
import { introspectionOf } from '../../nodes/introspection.ts';
import { nodeOptions } from '../../nodes/options.ts';
import { palette } from '../../output/colour.ts';
import { renderAnswer } from '../../output/node-answer.ts';
import { confirmationFormat, print } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'announce a node',
  examples: [
    { line: 'omnibase node register --type effect --name mailer', about: 'a new node; prints its id and its offer' },
    { line: 'omnibase node register --file node.yaml --ack', about: 'a whole introspection, acknowledged at once' },
    { line: 'omnibase node register --id ID --type compute --tag gpu', about: 'a known node, with a capability tag' },
    {
      line: 'omnibase node register --id ID --type effect --reason shutdown',
      about: 'take a node out in its own name',
    },
  ],
  options: {
    file: text('--file <file>', 'introspection as YAML or JSON, - for stdin; options are laid over it'),
    id: text('--id <uuid>', 'id of the node, a new one unless told'),
    type: choice('--type <type>', 'what kind of node it is', nodeTypes),
    name: text('--name <name>', 'shown wherever the id is'),
    nodeVersion: text('--node-version <version>', 'version of the node, 1.0.0 unless told'),
    tag: repeated('--tag <tag>', 'capability tag, may be repeated'),
    component: text('--component <ref>', 'component of the registry it runs: NAME@VERSION or its id'),
    reason: choice('--reason <reason>', 'why it introspects, startup unless told', introspectionReasons),
    ack: flag('--ack', 'acknowledge the offer at once'),
    ...nodeOptions,
  },
  notes: [
    'Exit codes: 0 registered, 1 rejected, change refused, or not activated in spite of --ack, 2 bad input, 3 unknown node (shutdown), 6 no engine.',
  ],
  async run(context, _operands, { file, noAutostart, tag, ack, ...wishes }) {
    const source = file === undefined ? null : await readSource(context.io, file);
    const message = introspectionOf(source, { ...wishes, tags: tag }, context.correlationId);
    return withNodes(context, noAutostart, async (nodes, call) => {
      const answer = await nodes.introspect(message, call);
      const acked = ack ? await acknowledgeOffer(nodes, message, answer, call) : 'not asked';
      await printOutcome(context, message, answer, acked);
      return registerExitCode(answer, acked);
    });
  },
});

async function printOutcome(
  context: CommandContext,
  { node_id, domain, node_name }: Introspection,
  answer: IntrospectionAnswer,
  acked: AckAnswer | 'not asked' | 'no offer',
): Promise<void> {
  const registered = isRegistered(answer);
  const acknowledged = typeof acked === 'object' && isActivated(acked);
  const outcome = typeof acked === 'object' ? after(answer, acked) : answer;
  const document = {
    schema_version: 1,
    registered,
    node_id,
    domain,
    ...outcome,
    ...(acked === 'not asked' ? {} : { acknowledged, ack_result: acked === 'no offer' ? null : acked.result }),
  };
  await print(context, confirmationFormat(context), document, () =>
    renderAnswer(
      [
        ['registered', String(registered)],
        ['result', answer.result],
        [
          'acknowledged',
          acked === 'not asked'
            ? null
            : `${acknowledged}${acknowledged ? '' : ` (${document.ack_result ?? 'no offer'})`}`,
        ],
        ['name', node_name],
      ],
      { node_id, domain },
      outcome,
      palette(context.io.stdout.colour),
    ),
  );
  if (acked === 'not asked' && answer.next === 'ack' && answer.attempt_id !== null)
    context.note(`next: omnibase node ack ${node_id} --attempt ${answer.attempt_id}${domainWords(domain)}`);
}

/** The introspection's own result and deadline, with how things stand once it is acknowledged. */
function after(answer: IntrospectionAnswer, acked: AckAnswer): IntrospectionAnswer {
  const { result: _, ack_deadline: __, ack_in_ms: ___, attempt_id, reason, ...standing } = acked;
  return {
    ...answer,
    ...standing,
    ack_in_ms: null,
    attempt_id: attempt_id ?? answer.attempt_id,
    reason: reason ?? answer.reason,
  };
}

function domainWords(domain: string): string {
  return domain === 'registration' ? '' : ` --domain ${domain}`;
}
