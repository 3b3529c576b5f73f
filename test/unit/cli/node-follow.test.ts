/** Commands that go on by themselves: beats, events, and how they end. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForInterruption, type SignalSource } from '../../../cli/interruption.ts';
import { beatOf, keepBeating } from '../../../cli/nodes/beat.ts';
import { followEvents } from '../../../cli/nodes/follow-events.ts';
import { type Ending, untilEnded } from '../../../cli/nodes/time-limit.ts';
import { OmniBaseError } from '../../../contracts/error.ts';
import type { PublishedEvent } from '../../../contracts/event.ts';
import type { HeartbeatAnswer } from '../../../contracts/node/answers.ts';
import type { EventQuery } from '../../../contracts/node/api.ts';
import type { Heartbeat } from '../../../contracts/node/messages.ts';
import type { CallContext } from '../../../contracts/registry.ts';
import { checkHeartbeat } from '../../../domain/registration/messages.ts';
import { beaten, event, nodeId } from './support/nodes.ts';

const key = { node_id: nodeId, domain: 'registration' };
const call: CallContext = { principal: { id: 'user:a', kind: 'user', capabilities: [] }, correlation_id: 'c' };

/** An ending that counts the waits it was asked for and makes none of them. */
function quick(most = 100): Ending & { readonly waits: number[]; end(): void } {
  const controller = new AbortController();
  const waits: number[] = [];
  return {
    waits,
    signal: controller.signal,
    end: () => controller.abort(),
    pause: (ms) => {
      waits.push(ms);
      if (waits.length >= most) controller.abort();
      return Promise.resolve();
    },
  };
}

describe('beats by hand', () => {
  it('are messages the control plane takes', () => {
    const beat = beatOf(key, 'degraded', 'no-uuid');
    expect(checkHeartbeat(beat)).toEqual({ ok: true, value: beat });
    expect(beatOf(key, 'healthy', nodeId).correlation_id).toBe(nodeId);
  });

  it('never look like a restart: their uptime does not go down', () => {
    const first = beatOf(key, 'healthy', 'c').uptime_seconds;
    expect(beatOf(key, 'healthy', 'c').uptime_seconds).toBeGreaterThanOrEqual(first);
    expect(first).toBeGreaterThan(0);
  });

  const run = async (script: (HeartbeatAnswer | OmniBaseError)[], ending = quick()) => {
    const answers: HeartbeatAnswer[] = [];
    const failures: string[] = [];
    const beats: Heartbeat[] = [];
    const nodes = {
      heartbeat: async (beat: Heartbeat) => {
        beats.push(beat);
        const next = script.shift();
        if (next === undefined) {
          ending.end();
          throw new Error('the test is over');
        }
        if (next instanceof OmniBaseError) throw next;
        return next;
      },
    };
    const last = await keepBeating(nodes, () => beatOf(key, 'healthy', 'c'), call, ending, {
      answered: (answer) => answers.push(answer),
      failed: (error) => failures.push(error.code),
    });
    return { last, answers, failures, beats, waits: ending.waits };
  };

  it('follow the interval each answer tells', async () => {
    const { waits, last, answers } = await run([
      beaten({ next_heartbeat_in_ms: 10_000 }),
      beaten({ next_heartbeat_in_ms: 20_000 }),
      beaten({ next_heartbeat_in_ms: null }),
    ]);
    expect(waits).toEqual([10_000, 20_000, 20_000]);
    expect([last, answers.length]).toEqual([null, 3]);
  });

  it.each(['ignored_terminal', 'stale_epoch', 'unknown_node'] as const)('end when the answer is %s', async (result) => {
    const { last, waits } = await run([beaten(), beaten({ result })]);
    expect(last?.result).toBe(result);
    expect(waits).toHaveLength(1);
  });

  it('outlast a control plane that is away, waiting longer each time, at most the interval', async () => {
    const away = () => new OmniBaseError('OB010');
    const { waits, failures, answers } = await run([
      beaten({ next_heartbeat_in_ms: 1_500 }),
      away(),
      away(),
      away(),
      away(),
      beaten({ next_heartbeat_in_ms: 1_500 }),
      new OmniBaseError('ND014'),
    ]);
    expect(failures).toEqual(['OB010', 'OB010', 'OB010', 'OB010', 'ND014']);
    expect(waits).toEqual([1_500, 500, 1_000, 1_500, 1_500, 1_500, 500]);
    expect(answers).toHaveLength(2);
  });

  it('do not repeat what is refused for good', async () => {
    await expect(run([new OmniBaseError('SX001')])).rejects.toMatchObject({ code: 'SX001' });
  });
});

describe('following events', () => {
  const stream = (pieces: (number[] | OmniBaseError)[], ending: ReturnType<typeof quick>) => {
    const asked: (string | undefined)[] = [];
    return {
      asked,
      async *events(query: EventQuery): AsyncGenerator<PublishedEvent> {
        asked.push(query.after);
        const piece = pieces.shift();
        await Promise.resolve();
        if (piece === undefined) ending.end();
        else if (piece instanceof OmniBaseError) throw piece;
        else for (const number of piece) yield event(number);
      },
    };
  };
  const follow = async (pieces: (number[] | OmniBaseError)[], query: EventQuery = {}) => {
    const ending = quick();
    const nodes = stream(pieces, ending);
    const seen: string[] = [];
    const breaks: string[] = [];
    const options = { ending, onBreak: (error: OmniBaseError) => breaks.push(error.code) };
    for await (const { pub_seq } of followEvents(nodes, query, call, options)) seen.push(pub_seq);
    return { seen, breaks, asked: nodes.asked };
  };

  it('goes on after the last event when the stream ends or breaks', async () => {
    const { seen, asked, breaks } = await follow([[1, 2], new OmniBaseError('OB010'), [3], []], { after: '0' });
    expect(seen).toEqual(['1', '2', '3']);
    expect(asked).toEqual(['0', '2', '2', '3', '3']);
    expect(breaks).toEqual(['OB010']);
  });

  it('gives no event twice, though a stream may repeat some, and compares numbers as numbers', async () => {
    const { seen } = await follow(
      [
        [9, 10],
        [9, 10, 11],
      ],
      { after: '8' },
    );
    expect(seen).toEqual(['9', '10', '11']);
  });

  it('begins with now unless told', async () => {
    const { asked } = await follow([[5]]);
    expect(asked).toEqual([undefined, '5']);
  });

  it('tells at once what the first opening is refused with', async () => {
    await expect(follow([new OmniBaseError('OB010')])).rejects.toMatchObject({ code: 'OB010' });
    await expect(follow([new OmniBaseError('ND018')], { after: '1' })).rejects.toMatchObject({ code: 'ND018' });
  });

  it('does not repeat what another try would not change', async () => {
    await expect(follow([[1], new OmniBaseError('ND018')])).rejects.toMatchObject({ code: 'ND018' });
  });
});

describe('how it ends', () => {
  class Signals extends EventEmitter implements SignalSource {
    readonly exits: number[] = [];
    exit(code: number): void {
      this.exits.push(code);
    }
  }
  const forever = (ending: Ending) => ending.pause(60_000).then(() => 0);

  it('with the code of the work', async () => {
    const source = new Signals();
    expect(await untilEnded(undefined, () => Promise.resolve(3), listenForInterruption(source))).toBe(3);
    expect(source.listenerCount('SIGINT')).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('with %s as %i', async (signal, code) => {
    const source = new Signals();
    const ended = untilEnded(undefined, forever, listenForInterruption(source));
    source.emit(signal);
    expect(await ended).toBe(code);
  });

  it('with 124 when the time is up, whatever the work throws about it', async () => {
    const source = new Signals();
    const aborted = async (ending: Ending) => {
      await forever(ending);
      ending.signal.throwIfAborted();
      return 0;
    };
    await expect(untilEnded(5, aborted, listenForInterruption(source))).rejects.toMatchObject({
      code: 'OB016',
      exitCode: 124,
    });
    await expect(untilEnded(5, forever, listenForInterruption(source))).rejects.toMatchObject({ exitCode: 124 });
  });

  it('with what the work throws otherwise', async () => {
    const failing = () => Promise.reject(new OmniBaseError('ND018'));
    await expect(untilEnded(1_000, failing, listenForInterruption(new Signals()))).rejects.toMatchObject({
      code: 'ND018',
    });
  });
});
