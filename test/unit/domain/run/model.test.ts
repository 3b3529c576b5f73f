/** Whatever happens to a run, in whatever order: what must hold always (runs.md 3, 4, 6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runtimeStatuses } from '../../../../contracts/run/vocabulary.ts';
import { commandTransitions, desiredState, isOpen, rememberCommand } from '../../../../domain/run/commands/progress.ts';
import { canRunMove, isTerminalRun } from '../../../../domain/run/states.ts';
import { World } from './world.ts';

type Act = (world: World) => unknown;

const ids = fc.integer({ min: 0, max: 30 }).map((number) => `c-${String(number)}`);
const seconds = fc.constantFrom(0.5, 5, 6, 15, 46, 61, 120, 140, 301, 605, 901, 3_600);
/** What mostly happens: work, silence, a look. */
const common: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom('running' as const, 'running' as const, 'paused' as const).map(
    (status): Act =>
      (world) =>
        world.beat(status, (world.telemetry?.step ?? 0) + 1),
  ),
  fc.constant<Act>((world) => world.look()),
  seconds.map(
    (time): Act =>
      (world) =>
        world.pass(time),
  ),
  seconds.map(
    (time): Act =>
      (world) =>
        world.sleep(time),
  ),
);
const rare: fc.Arbitrary<Act> = fc.oneof(
  fc.tuple(fc.constantFrom(...runtimeStatuses), fc.nat(3), fc.boolean()).map(
    ([status, more, lose]): Act =>
      (world) =>
        world.beat(status, (world.telemetry?.step ?? 0) + more, { lose }),
  ),
  fc.tuple(ids, fc.constantFrom('pause' as const, 'resume' as const)).map(
    ([id, type]): Act =>
      (world) =>
        world.command(id, { type }),
  ),
  ids.map(
    (id): Act =>
      (world) =>
        world.command(id, { type: 'tune', payload: { clip_epsilon: 0.1 } }),
  ),
  fc.tuple(ids, fc.constantFrom({}, { grace_seconds: 0 }, { grace_seconds: 60 })).map(
    ([id, grace]): Act =>
      (world) =>
        world.command(id, { type: 'terminate', payload: { reason: 'x', final_checkpoint: false, ...grace } }),
  ),
  fc.constant<Act>((world) => world.claim()),
  fc.tuple(fc.nat(5), fc.constantFrom('applied' as const, 'rejected' as const, 'failed' as const), fc.boolean()).map(
    ([index, outcome, lose]): Act =>
      (world) => {
        const id = [...world.rows.keys()].at(-1 - index);
        return id === undefined ? null : world.ack(id, outcome, { lose });
      },
  ),
  fc.constantFrom('provisioning' as const, 'completed' as const, 'failed' as const).map(
    (kind): Act =>
      (world) =>
        kind === 'failed' && world.transitions.length < 4 ? null : world.report(kind),
  ),
  fc.constant<Act>((world) => world.reset()),
  fc.constantFrom(10, 600).map(
    (extend): Act =>
      (world) =>
        world.override(extend),
  ),
  fc.constantFrom(null, 'inc-1').map(
    (incident): Act =>
      (world) => {
        world.incident = incident;
      },
  ),
);
const acts = fc.oneof({ weight: 2, arbitrary: common }, { weight: 1, arbitrary: rare });

const policies = fc.record({
  on_unresponsive: fc.constantFrom(
    { action: 'none' as const, after_s: 0 },
    { action: 'fail' as const, after_s: 30 },
    { action: 'terminate' as const, after_s: 0 },
  ),
  on_start_timeout: fc.constantFrom('warn' as const, 'fail' as const),
  deadlines: fc.constantFrom({ mode: 'precise' as const }, { mode: 'fleet' as const }),
});

/** Plays a story, `check` after every act. */
function play(check: (world: World, before: ReturnType<typeof snapshot>) => void, numRuns = 800): void {
  fc.assert(
    fc.property(policies, fc.array(acts, { minLength: 5, maxLength: 60 }), (policy, story) => {
      const world = World.created(policy);
      for (const act of story) {
        const before = snapshot(world);
        act(world);
        check(world, before);
      }
    }),
    { numRuns },
  );
}

function snapshot({ run, rows, transitions, events }: World) {
  return { run, rows: new Map(rows), transitions: transitions.length, events: events.length };
}

describe('whatever happens', () => {
  it('no edge outside the table is written, none from a state to itself, and each change writes at most one', () => {
    play((world) => {
      const chain = world.transitions.map(({ from_state, to_state }) => [from_state, to_state] as const);
      let state: string | null = null;
      for (const [from, to] of chain) {
        expect(from).toBe(state);
        expect(canRunMove(from, to)).toBe(true);
        state = to;
      }
      expect(world.run.state).toBe(state);
      for (const { reason } of world.transitions) expect(reason.trim()).not.toBe('');
      expect(world.transitions.length).toBeLessThanOrEqual(world.changes.length);
    });
  });

  it('a terminal run never changes, and has everything closed', () => {
    let ended = 0;
    play((world, before) => {
      if (isTerminalRun(before.run.state)) {
        ended++;
        expect(world.run).toBe(before.run);
        expect(world.events).toHaveLength(before.events);
      }
      if (isTerminalRun(world.run.state)) {
        expect(world.run.ended_at).not.toBeNull();
        expect([...world.rows.values()].filter(isOpen)).toEqual([]);
        expect(world.run.page_state).not.toBe('open');
      } else expect(world.run.ended_at).toBeNull();
    });
    expect(ended).toBeGreaterThan(300);
  });

  it('desired state is what is derived, once the clock was looked at', () => {
    play((world) => {
      world.look();
      const commands = [...world.rows.values()].map(rememberCommand).filter((command) => command !== null);
      const derived = desiredState(world.run.state, commands, world.now, world.settings.confirmation_s);
      expect(world.run.desired_state).toBe(derived);
    });
  });

  it('desired state falls back by itself when nobody does anything', () => {
    play((world) => {
      const copy = world.run.state;
      if (copy !== 'running' && copy !== 'paused') return;
      const { on_unresponsive } = world.run.policy;
      if (on_unresponsive.action !== 'none') return;
      const commands = [...world.rows.values()].map(rememberCommand).filter((command) => command !== null);
      const later = world.now + 700_000;
      const expired = commands.filter(({ expires_at }) => expires_at === null || expires_at > later);
      expect(desiredState(copy, expired, later, 60)).toBe(copy);
    }, 300);
  });

  it('an episode pages once, but for pages that were held, and recommends once', () => {
    let paged = 0;
    play((world) => {
      const open = new Set<string>();
      const sent = new Map<string, number>();
      for (const page of world.pages()) {
        const [action, key = ''] = page.split(' ');
        if (action === 'trigger') {
          paged++;
          expect(open.has(key)).toBe(false);
          open.add(key);
          expect(sent.get(key) ?? 0).toBe(0);
          sent.set(key, 1);
        } else open.delete(key);
        if (action === 'hold') sent.set(key, 0);
      }
      const recommended = world.events
        .filter(({ type }) => type === 'run.terminate_recommended')
        .map(({ of }) => `${String(of.attempt)}:${String(of.episode)}`);
      expect(new Set(recommended).size).toBe(recommended.length);
    });
    expect(paged).toBeGreaterThan(300);
  });

  it('commands take legal steps only, and no accepted one is lost', () => {
    play((world, before) => {
      for (const [id, row] of before.rows) {
        const after = world.rows.get(id);
        expect(after).toBeDefined();
        if (after === undefined || after.status === row.status) continue;
        const reachable = new Set<string>([row.status]);
        for (const status of reachable) {
          for (const next of commandTransitions[status as keyof typeof commandTransitions]) reachable.add(next);
        }
        expect(reachable.has(after.status)).toBe(true);
      }
    });
  });

  it('versions only grow, and every change is in once', () => {
    play((world, before) => {
      const order = [world.run.attempt - before.run.attempt, world.run.state_version - before.run.state_version];
      expect(Math.min(...order)).toBeGreaterThanOrEqual(0);
      expect(new Set(world.changes.map(({ change_id }) => change_id)).size).toBe(world.changes.length);
    });
  });

  it('the memory says what the row says', () => {
    play((world) => {
      const { memory, run } = world;
      expect(memory).toMatchObject({
        state: run.state,
        attempt: run.attempt,
        state_version: run.state_version,
        health: run.health_status,
        episode: run.episode,
        desired_state: run.desired_state,
      });
    });
  });

  it('edges of health join up: each begins where the one before ended', () => {
    play((world) => {
      const marks = world.of('run.health_changed');
      for (const [index, mark] of marks.entries()) {
        if (mark.cause === 'silence') expect(mark.previous).not.toBe(mark.current);
        const previous = marks[index - 1];
        if (previous !== undefined) expect(mark.previous).toBe(previous.current);
      }
    });
  });
});
