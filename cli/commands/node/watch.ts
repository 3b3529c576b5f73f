/** `omnibase node watch [ID]`: one line per event, until interrupted. */
import type { PublishedEvent } from '../../../contracts/event.ts';
import type { EventQuery } from '../../../contracts/node/api.ts';
import { type RegistrationState, registrationStates } from '../../../contracts/node/vocabulary.ts';
import type { OutputFormat } from '../../arguments/global-options.ts';
import { choice, integer, text } from '../../arguments/options.ts';
import { usageError } from '../../arguments/usage.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withNodeReads } from '../../control/node-control.ts';
import { followEvents } from '../../nodes/follow-events.ts';
import { domainsOf, nodeKeyOf, nodesOptions } from '../../nodes/options.ts';
import { untilEnded } from '../../nodes/time-limit.ts';
import { palette } from '../../output/colour.ts';
import { shownDuration } from '../../output/duration.ts';
import { eventDocument, eventLine } from '../../output/node-event.ts';
import { safeText } from '../../output/safe-text.ts';
import { dataFormat, renderDocument } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'follow events of nodes',
  operands: '[id]',
  examples: [
    { line: 'omnibase node watch', about: 'everything that happens from now on' },
    { line: 'omnibase node watch ID --since 0', about: 'one node, from the oldest event that is kept' },
    { line: 'omnibase node watch --state liveness_expired --format jsonl', about: 'deaths, one JSON object per line' },
    { line: 'omnibase node watch ID --state active --count 1 --timeout 60s', about: 'wait until a node is active' },
  ],
  options: {
    since: text('--since <pub_seq>', 'resume after this event; 0 = the oldest kept; from now unless told'),
    state: choice('--state <state>', 'only events that lead to this state', registrationStates),
    count: integer('--count <n>', 'end after so many events', 1, 1_000_000),
    ...nodesOptions,
  },
  notes: [
    'Each line begins with the pub_seq to resume after; a broken connection is opened again there. Exit codes: 0 after --count events or when nobody reads any more, 2 when --since is older than what is kept, 124 after --timeout, 130 interrupted.',
  ],
  run(context, [id], { since, state, count, domain, noAutostart }) {
    const query = queryOf(id, domain, since);
    const isWanted = filterOf(domainsOf(domain), state);
    return withNodeReads(context, noAutostart, (nodes, call) =>
      untilEnded(context.globals.timeout, async (ending) => {
        const onBreak = (error: Error, retryMs: number): void =>
          context.note(`${safeText(error.message)}; trying again in ${shownDuration(retryMs)}`);
        let seen = 0;
        for await (const event of followEvents(nodes, query, call, { ending, onBreak })) {
          if (!isWanted(event)) continue;
          await printEvent(context, event, dataFormat(context));
          seen += 1;
          if (seen === count || context.io.stdout.isClosed) return 0;
        }
        return 0;
      }),
    );
  },
});

/** @throws OB002 for a --since that is no event number */
function queryOf(id: string | undefined, domain: string | undefined, since: string | undefined): EventQuery {
  if (since !== undefined && !/^\d{1,18}$/.test(since))
    throw usageError(
      `--since takes the number of an event, not ${JSON.stringify(since)}`,
      'every line of omnibase node watch begins with one',
    );
  const after = since === undefined ? {} : { after: since.replace(/^0+(?=\d)/, '') };
  if (id === undefined) return after;
  if (domain === '*') return { entity_id: nodeKeyOf(id, undefined).node_id, ...after };
  const key = nodeKeyOf(id, domain);
  return { entity_id: key.node_id, domain: key.domain, ...after };
}

/** The stream carries every subject; the incidents of a fleet belong to no domain and concern all. */
function filterOf(domain: string | null, state: RegistrationState | undefined): (event: PublishedEvent) => boolean {
  return ({ type, domain: of, payload }) => {
    if (!type.startsWith('node.') && !type.startsWith('fleet.')) return false;
    if (domain !== null && of !== null && of !== domain) return false;
    return state === undefined || payload['to_state'] === state;
  };
}

async function printEvent(context: CommandContext, event: PublishedEvent, format: OutputFormat): Promise<void> {
  const { stdout } = context.io;
  if (format === 'human') stdout.write(eventLine(event, palette(stdout.colour)));
  else if (format === 'yaml') stdout.write(`---\n${await renderDocument(eventDocument(event), 'yaml')}`);
  // A stream has no closing bracket: one object per line in both JSON formats.
  else stdout.write(await renderDocument(eventDocument(event), 'jsonl'));
}
