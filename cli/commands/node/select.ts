/** `omnibase node select`: which node should do a piece of work. */
import type { SelectRequest } from '../../../contracts/node/query.ts';
import { selectionStrategies } from '../../../contracts/node/vocabulary.ts';
import { choice, type OptionValues, repeated, text } from '../../arguments/options.ts';
import { usageError } from '../../arguments/usage.ts';
import { defineCommand } from '../../command.ts';
import { withNodeReads } from '../../control/node-control.ts';
import { domainsOf, nodesOptions } from '../../nodes/options.ts';
import { renderNodes } from '../../output/node-table.ts';
import { dataFormat, print } from '../../output-format.ts';

const options = {
  tag: text('--tag <tag>', 'with this capability tag'),
  intent: repeated('--intent <intent>', 'handling this intent; repeated: one of them'),
  protocol: text('--protocol <name>', 'speaking this protocol'),
  strategy: choice('--strategy <strategy>', 'which of the candidates, first unless told', selectionStrategies),
  key: text('--key <key>', 'who takes turns together, for round_robin'),
  ...nodesOptions,
};

export const command = defineCommand({
  summary: 'choose a node for a piece of work',
  examples: [
    { line: 'omnibase node select --tag postgres.storage', about: 'the first active node that has it' },
    {
      line: 'omnibase node select --intent mail.send --strategy round_robin',
      about: 'in turns, fair across processes',
    },
    { line: 'omnibase node select --tag gpu --strategy least_loaded --json', about: 'for a script' },
  ],
  options,
  notes: ['Candidates are active, not overdue at this instant and not flapping. Exit codes: 0; 3 when there is none.'],
  run(context, _operands, given) {
    const request = requestOf(given);
    return withNodeReads(context, given.noAutostart, async (nodes, call) => {
      const selection = await nodes.select(request, call);
      const { stdout } = context.io;
      const width = stdout.isTerminal ? stdout.columns : Number.POSITIVE_INFINITY;
      await print(context, dataFormat(context), { schema_version: 1, ...selection }, () =>
        renderNodes([selection.node], Date.now(), width),
      );
      context.detail(`${selection.strategy} of ${selection.candidates}`);
      return 0;
    });
  },
});

/** @throws OB002 without a criterion, or with two */
function requestOf({ tag, intent, protocol, strategy, key, domain }: OptionValues<typeof options>): SelectRequest {
  const criteria = [tag !== undefined, intent.length > 0, protocol !== undefined].filter(Boolean).length;
  if (criteria !== 1)
    throw usageError(
      criteria === 0 ? 'what is the node needed for?' : 'a node is chosen by one criterion',
      'give one of --tag, --intent and --protocol',
    );
  return {
    domain: domainsOf(domain),
    ...(tag === undefined ? {} : { capability: tag }),
    ...(intent.length === 0 ? {} : { intent_types: intent }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(key === undefined ? {} : { key }),
  };
}
