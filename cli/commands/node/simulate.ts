/** `omnibase node simulate`: nodes that behave, lose beats or fall silent, to see what the control plane makes of it. */
import { randomInt } from 'node:crypto';
import { nodeTypes } from '../../../contracts/node/vocabulary.ts';
import type { PublishedEvent } from '../../../contracts/event.ts';
import { choice, duration, integer, repeated, text } from '../../arguments/options.ts';
import { usageError } from '../../arguments/usage.ts';
import { type CommandContext, defineCommand } from '../../command.ts';
import { withNodes } from '../../control/node-control.ts';
import { domainOf, nodesOptions } from '../../nodes/options.ts';
import type { FleetCounts, FleetSettings } from '../../nodes/simulate/fleet.ts';
import { untilEnded } from '../../nodes/time-limit.ts';
import { palette } from '../../output/colour.ts';
import { counted, shownDuration } from '../../output/duration.ts';
import { eventDocument, eventLine } from '../../output/node-event.ts';
import { asOmniBaseError } from '../../output/errors.ts';
import { safeText } from '../../output/safe-text.ts';
import { confirmationFormat, renderDocument } from '../../output-format.ts';

export const command = defineCommand({
  summary: 'run simulated nodes',
  examples: [
    { line: 'omnibase node simulate', about: 'one node that behaves, until Ctrl-C' },
    { line: 'omnibase node simulate --count 50 --loss 20% --duration 5m', about: 'fifty, a fifth of their beats lost' },
    { line: 'omnibase node simulate --silent-after 10s', about: 'falls silent; ends when it has expired' },
    { line: 'omnibase node simulate --count 20 --seed 7', about: 'the same twenty nodes as the last time' },
  ],
  options: {
    count: integer('--count <n>', 'how many nodes, 1 unless told', 1, 10_000),
    loss: text('--loss <percent>', 'share of heartbeats that get lost, e.g. 20%'),
    silentAfter: duration('--silent-after <time>', 'each falls silent so long after its start, without a goodbye'),
    duration: duration('--duration <time>', 'end after so long; else when all have expired, or on Ctrl-C'),
    seed: integer('--seed <n>', 'the same number gives the same nodes, losses and jitter', 0, 4_294_967_295),
    type: choice('--type <type>', 'what kind of nodes, effect unless told', nodeTypes),
    name: text('--name <name>', 'their name, simulated unless told; a number is added to several'),
    tag: repeated('--tag <tag>', 'capability tag, may be repeated'),
    ...nodesOptions,
  },
  notes: [
    'Prints the published events of its nodes, then what became of them. Nodes that live say goodbye at the end; silent ones do not.',
    'Exit codes: 0 ended by itself; 1 not one node became active; 130 interrupted.',
  ],
  async run(context, _operands, options) {
    const settings: FleetSettings = {
      count: options.count ?? 1,
      domain: domainOf(options.domain),
      type: options.type ?? 'effect',
      name: options.name ?? 'simulated',
      tags: options.tag,
      beatLoss: shareOf(options.loss),
      silentAfterMs: options.silentAfter ?? null,
      seed: options.seed ?? randomInt(2 ** 32),
    };
    const [{ createFleet }, { runFleet }] = await Promise.all([
      import('../../nodes/simulate/fleet.ts'),
      import('../../nodes/simulate/run-fleet.ts'),
    ]);
    return withNodes(context, options.noAutostart, (nodes, call, gateway) =>
      untilEnded(context.globals.timeout, async (ending) => {
        const goodbye = (): void =>
          context.note(
            `ending: ${counted(settings.count, 'simulated node')} ${settings.count === 1 ? 'says' : 'say'} goodbye`,
          );
        ending.signal.addEventListener('abort', goodbye, { once: true });
        const fleet = createFleet(nodes, { socketPath: gateway.client.address }, settings);
        const fate = await runFleet(nodes, fleet, call, ending, {
          domain: settings.domain,
          durationMs: options.duration ?? null,
          onEvent: (event) => void printEvent(context, event),
          onBreak: (error, retryMs) =>
            context.note(`${safeText(error.message)}; trying again in ${shownDuration(retryMs)}`),
          onDeaf: (error) => context.warn(`events are not told any more: ${safeText(asOmniBaseError(error).message)}`),
        });
        const counts = fleet.counts();
        // A node that was stopped in the middle of its handshake may not know that it became active.
        const became_active = Math.max(counts.became_active, fate.active);
        await printSummary(context, { seed: settings.seed, ...counts, became_active, expired: fate.expired });
        return became_active === 0 ? 1 : 0;
      }),
    );
  },
});

/** @throws OB002 for what is no percentage */
function shareOf(given: string | undefined): number {
  if (given === undefined) return 0;
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)%?$/.exec(given.trim())?.[1];
  const share = percent === undefined ? Number.NaN : Number(percent) / 100;
  if (share >= 0 && share <= 1) return share;
  throw usageError(`--loss needs a percentage from 0 to 100, not ${JSON.stringify(given)}`, 'write it like --loss 20%');
}

async function printEvent(context: CommandContext, event: PublishedEvent): Promise<void> {
  const format = confirmationFormat(context);
  const { stdout } = context.io;
  if (format === 'human') stdout.write(eventLine(event, palette(stdout.colour)));
  else stdout.write(await renderDocument(eventDocument(event), 'jsonl'));
}

async function printSummary(
  context: CommandContext,
  summary: FleetCounts & { readonly seed: number; readonly expired: number },
): Promise<void> {
  const { stdout } = context.io;
  if (confirmationFormat(context) !== 'human') {
    stdout.write(await renderDocument({ schema_version: 1, type: 'simulation.finished', ...summary }, 'jsonl'));
    return;
  }
  const { nodes, became_active, fell_silent, expired, beats_sent, beats_lost, failed_calls, seed } = summary;
  stdout.write(
    `${counted(nodes, 'node')}: ${became_active} became active, ${fell_silent} fell silent, ${expired} expired   ` +
      `beats: ${beats_sent} sent, ${beats_lost} lost   ${counted(failed_calls, 'failed call')}   seed ${seed}\n`,
  );
}
