/** `omnibase version`: this program, its Node, and the stack if one runs. */
import { protocolNumber } from '../../../contracts/gateway.ts';
import { defineCommand } from '../../command.ts';
import { connectGateway } from '../../control/gateway.ts';
import { print } from '../../output-format.ts';
import { ownVersion } from '../../version.ts';

export const command = defineCommand({
  summary: 'print versions',
  examples: [
    { line: 'omnibase version', about: 'program, Node, protocol, running stack' },
    { line: 'omnibase --version', about: 'the number alone' },
  ],
  options: {},
  async run(context) {
    const gateway = await connectGateway(context);
    const stack = gateway?.handshake ?? null;
    gateway?.close();
    const document = {
      schema_version: 1,
      version: ownVersion(),
      node: process.versions.node,
      protocol: protocolNumber,
      stack,
    };
    await print(context, context.askedFormat ?? 'human', document, () =>
      [
        `omnibase ${document.version}`,
        `node ${document.node}`,
        `protocol ${document.protocol}`,
        stack === null ? 'stack not running' : `stack ${stack.version}, node ${stack.node}, pid ${stack.pid}`,
        '',
      ].join('\n'),
    );
    return 0;
  },
});
