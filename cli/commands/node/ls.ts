/** `omnibase node ls`: the nodes that match, or how many are in which state. */
import type { NodeQuery } from '../../../contracts/node/query.ts';
import { nodeTypes, registrationStates } from '../../../contracts/node/vocabulary.ts';
import { choice, choiceList, flag, integer, type OptionValues, repeated, text } from '../../arguments/options.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { type NodeReads, withNodeReads } from '../../control/node-control.ts';
import { domainsOf, nodesOptions } from '../../nodes/options.ts';
import { renderCounts, renderNodes } from '../../output/node-table.ts';
import { dataFormat, print, renderDocument } from '../../output-format.ts';
import type { CallContext } from '../../../contracts/registry.ts';

const options = {
  state: choiceList('--state <state>', 'in one of these states', registrationStates),
  type: choice('--type <type>', 'of this type', nodeTypes),
  tag: repeated('--tag <tag>', 'with this capability tag; repeated: with all of them'),
  anyTag: repeated('--any-tag <tag>', 'with one of these capability tags'),
  intent: repeated('--intent <intent>', 'handling this intent; repeated: one of them'),
  protocol: text('--protocol <name>', 'speaking this protocol'),
  topic: text('--topic <topic>', 'subscribed or publishing to this topic'),
  overdue: flag('--overdue', 'past their deadline at this instant'),
  counts: flag('--counts', 'only how many are in which state'),
  limit: integer('--limit <n>', 'at most so many, 100 unless told', 1, 1000),
  cursor: text('--cursor <cursor>', 'go on where the last page ended'),
  ...nodesOptions,
};

export const command = defineCommand({
  summary: 'list nodes',
  examples: [
    { line: 'omnibase node ls', about: 'the newest changes first' },
    { line: 'omnibase node ls --state active --tag gpu', about: 'active nodes with a capability' },
    { line: 'omnibase node ls --counts', about: 'how many are in which state' },
    { line: 'omnibase node ls --overdue', about: 'silent for too long right now' },
  ],
  options,
  notes: ['The exit code is 0 also when nothing matches. Several conditions must hold together.'],
  run(context, _operands, given) {
    const query = queryOf(given);
    return withNodeReads(context, given.noAutostart, (nodes, call) =>
      given.counts ? printCounts(context, nodes, query.domain ?? null, call) : printNodes(context, nodes, query, call),
    );
  },
});

function queryOf(given: OptionValues<typeof options>): NodeQuery {
  const [tag, ...moreTags] = given.tag;
  const [intent, ...moreIntents] = given.intent;
  return {
    domain: domainsOf(given.domain),
    ...(given.state.length === 0 ? {} : { state: given.state }),
    ...(given.type === undefined ? {} : { node_type: given.type }),
    ...(tag === undefined ? {} : moreTags.length === 0 ? { tag } : { all_tags: given.tag }),
    ...(given.anyTag.length === 0 ? {} : { any_tag: given.anyTag }),
    ...(intent === undefined ? {} : moreIntents.length === 0 ? { intent } : { intents: given.intent }),
    ...(given.protocol === undefined ? {} : { protocol: given.protocol }),
    ...(given.topic === undefined ? {} : { topic: given.topic }),
    ...(given.overdue ? { overdue: true } : {}),
    ...(given.limit === undefined ? {} : { limit: given.limit }),
    ...(given.cursor === undefined ? {} : { cursor: given.cursor }),
  };
}

async function printNodes(
  context: CommandContext,
  nodes: NodeReads,
  query: NodeQuery,
  call: CallContext,
): Promise<number> {
  const page = await nodes.list(query, call);
  const format = dataFormat(context);
  const { stdout } = context.io;
  if (format === 'human') {
    const width = stdout.isTerminal ? stdout.columns : Number.POSITIVE_INFINITY;
    if (page.items.length > 0) stdout.write(renderNodes(page.items, Date.now(), width));
    else context.note('no nodes match');
    if (page.next_cursor !== null) context.note(`there is more: --cursor ${page.next_cursor}`);
  } else stdout.write(await renderDocument(format === 'jsonl' ? page.items : { schema_version: 1, ...page }, format));
  for (const { entity_id, domain, path } of page.malformed)
    context.warn(`the row of node ${entity_id} in domain ${domain} cannot be read: ${path} is not what it should be`);
  return 0;
}

async function printCounts(
  context: CommandContext,
  nodes: NodeReads,
  domain: string | null,
  call: CallContext,
): Promise<number> {
  const counts = await nodes.counts(domain, call);
  await print(context, dataFormat(context), { schema_version: 1, ...counts }, () => renderCounts(counts));
  return 0;
}
