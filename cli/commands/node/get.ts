/** `omnibase node get ID`: one node. */
import type { TransitionPage } from '../../../contracts/node/query.ts';
import { flag } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withNodeReads, withNodes } from '../../control/node-control.ts';
import { nodeKeyOf, nodeOptions } from '../../nodes/options.ts';
import { palette } from '../../output/colour.ts';
import { type NodePage, renderNode } from '../../output/node-page.ts';
import { dataFormat, print } from '../../output-format.ts';

/** Transitions of one page: what the reader gives at most. */
const transitionLimit = 1000;

export const command = defineCommand({
  summary: 'print one node',
  operands: '<id>',
  examples: [
    { line: 'omnibase node get ID', about: 'what it is and how it stands' },
    { line: 'omnibase node get ID --transitions', about: 'with every step it took, newest first' },
    { line: 'omnibase node get ID --live', about: "with its workflow's own view" },
  ],
  options: {
    transitions: flag('--transitions', 'with its transitions, newest first'),
    live: flag('--live', 'with what its workflow says this instant; needs Temporal and a worker'),
    ...nodeOptions,
  },
  notes: ['Exit codes: 0; 3 unknown node.'],
  run(context, [id = ''], { transitions, live, domain, noAutostart }) {
    const key = nodeKeyOf(id, domain);
    if (live)
      return withNodes(context, noAutostart, async (nodes, call) => {
        const [node, steps, snapshot] = await Promise.all([
          nodes.get(key, call),
          transitions ? nodes.transitions(key, { limit: transitionLimit }, call) : null,
          nodes.live(key, call),
        ]);
        return printNode(context, { node, steps, snapshot });
      });
    return withNodeReads(context, noAutostart, async (nodes, call) => {
      const [node, steps] = await Promise.all([
        nodes.get(key, call),
        transitions ? nodes.transitions(key, { limit: transitionLimit }, call) : null,
      ]);
      return printNode(context, { node, steps });
    });
  },
});

interface Found {
  readonly node: NodePage['row'] & { readonly live: NodePage['live'] };
  readonly steps: TransitionPage | null;
  readonly snapshot?: NonNullable<NodePage['snapshot']>;
}

async function printNode(context: CommandContext, { node, steps, snapshot }: Found): Promise<number> {
  const { live, ...row } = node;
  const { stdout } = context.io;
  const document = {
    schema_version: 1,
    ...row,
    live,
    ...(steps === null ? {} : { transitions: steps.items }),
    ...(snapshot === undefined ? {} : { workflow: snapshot }),
  };
  const page: NodePage = {
    row,
    live,
    ...(steps === null ? {} : { transitions: steps.items }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
  const width = stdout.isTerminal ? stdout.columns : Number.POSITIVE_INFINITY;
  await print(context, dataFormat(context), document, () =>
    renderNode(page, Date.now(), width, palette(stdout.colour)),
  );
  if (steps?.has_more === true) context.note(`only the newest ${transitionLimit} transitions are shown`);
  return 0;
}
