/**
 * A run with everything around it but I/O: rows as the database would hold them, a gateway that stores beats and acks, a
 * workflow that reduces and projects. Time passes only when it is told to.
 */
import type { CommandAck, Command } from '../../../../contracts/run/command.ts';
import type { RunEventType } from '../../../../contracts/run/event-table.ts';
import type { ProjectionAnswer, RunChange, StoredRun } from '../../../../contracts/run/projection.ts';
import type { CommandRow, RunTransitionRow } from '../../../../contracts/run/row.ts';
import { defaultRunSettings, type RunPolicy, type RunSettings } from '../../../../contracts/run/settings.ts';
import type { RuntimeStatus } from '../../../../contracts/run/vocabulary.ts';
import type { LivenessReading, SubmitCommand } from '../../../../contracts/run/workflow.ts';
import type { RunMemory } from '../../../../contracts/run/memory.ts';
import { applyChange, compareChange, evidenceHolds, type Telemetry } from '../../../../domain/run/apply.ts';
import { judgeAck } from '../../../../domain/run/commands/ack.ts';
import { claimNext, offer } from '../../../../domain/run/commands/claim.ts';
import { earliestDeadline } from '../../../../domain/run/deadlines.ts';
import type { RunEventDraft } from '../../../../domain/run/events.ts';
import { commandBodyHash } from '../../../../domain/run/hash.ts';
import { isEdge, refuseBeat } from '../../../../domain/run/heartbeat.ts';
import { absorbAnswer, emptyMemory } from '../../../../domain/run/memory.ts';
import { resolvePolicy } from '../../../../domain/run/policy.ts';
import { reduceRun, type Reduced, type RunEffect, type RunInput } from '../../../../domain/run/reduce.ts';
import { instantOf, instantOrNull, instantText } from '../../../../domain/run/time.ts';

export const epoch = Date.parse('2026-03-02T08:00:00.000Z');
export const operator = { type: 'operator', id: 'ana' } as const;

type Path = { up_since: number; last_seen: number } | null;

export class World {
  now = epoch;
  stored: StoredRun | null = null;
  /** All commands, the finished too. */
  readonly rows = new Map<string, CommandRow>();
  telemetry: Telemetry | null = null;
  /** Up all the time unless a test says otherwise. */
  ingest: Path | 'up' = 'up';
  sweep: Path | 'up' = 'up';
  incident: string | null = null;
  memory: RunMemory;
  readonly events: RunEventDraft[] = [];
  readonly transitions: Omit<RunTransitionRow, 'seq'>[] = [];
  readonly changes: RunChange[] = [];
  readonly answers: ProjectionAnswer[] = [];
  ended = false;
  readonly settings: RunSettings;
  #ids = 0;

  constructor(policy: Partial<RunPolicy> = {}) {
    this.settings = { ...defaultRunSettings, policy: resolvePolicy(policy, defaultRunSettings.policy) };
    this.memory = emptyMemory('r-1', this.settings.policy, 'hash', 'n-0');
  }

  /** A run that was created just now. */
  static created(policy: Partial<RunPolicy> = {}): World {
    const world = new World(policy);
    const request = {
      id: 'r-1',
      experiment_id: 'exp',
      version_id: 'exp-1',
      launch_manifest: {},
      overrides: {},
      priority: 0,
      created_by: 'ana',
      policy: {},
    };
    const order = { request, policy: world.settings.policy, body_hash: 'hash', nonce: 'n-0', origin: null };
    world.dispatch({ kind: 'create', order });
    return world;
  }

  /** A run in one of its open states, everything fresh. */
  static inState(
    state: 'queued' | 'provisioning' | 'running' | 'paused' | 'terminating',
    policy: Partial<RunPolicy> = {},
  ) {
    const world = World.created(policy);
    if (state === 'queued') return world;
    if (state === 'provisioning') {
      world.report('provisioning');
      return world;
    }
    world.beat('running', 10);
    if (state === 'paused') world.beat('paused', 10);
    if (state === 'terminating') world.beat('terminating', 10);
    return world;
  }

  get run() {
    if (this.stored === null) throw new Error('there is no run');
    return this.stored.run;
  }

  pass(seconds: number): this {
    this.now += seconds * 1_000;
    return this;
  }

  /** Reduces and projects as the workflow does. */
  dispatch(input: RunInput): readonly RunEffect[] {
    const reduced = this.#reduce(input);
    return this.carryOut(reduced);
  }

  carryOut(reduced: Reduced): readonly RunEffect[] {
    const projected = reduced.effects.find((effect) => effect.effect === 'project');
    if (projected === undefined) this.memory = reduced.memory;
    else {
      const answer = this.project(projected.change);
      const applied = answer.result === 'applied' || answer.result === 'duplicate';
      this.memory = absorbAnswer(applied ? reduced.memory : this.memory, answer);
    }
    if (reduced.effects.some(({ effect }) => effect === 'complete')) {
      this.ended = ['completed', 'failed', 'errored', 'terminated'].includes(this.run.state);
    }
    return reduced.effects;
  }

  #reduce(input: RunInput): Reduced {
    return reduceRun(this.memory, input, this.now, {
      settings: this.settings,
      newId: () => `id-${String(this.#ids++)}`,
    });
  }

  project(change: RunChange): ProjectionAnswer {
    const order = compareChange(this.stored?.run ?? null, change);
    const stored = this.stored === null ? null : { ...this.stored, commands: this.#live() };
    if (order !== 'newer') return this.#answer({ result: order, now: this.#at(), stored });
    const context = {
      now: this.now,
      settings: this.settings,
      telemetry: this.telemetry,
      paths: this.paths,
      next_command_seq: this.rows.size + 1,
    };
    if (stored !== null && change.evidence !== null && !evidenceHolds(change.evidence, stored.run, context)) {
      return this.#answer({ result: 'void', now: this.#at(), stored });
    }
    const applied = applyChange(stored, change, context);
    this.stored = applied.stored;
    for (const command of applied.changed_commands) this.rows.set(command.id, command);
    this.events.push(...applied.events);
    if (applied.transition !== null) this.transitions.push(applied.transition);
    this.changes.push(change);
    if (change.steps.some(({ step }) => step === 'reset')) this.telemetry = null;
    if (this.telemetry !== null) this.telemetry = { ...this.telemetry, grace_until: applied.mirror.grace_until };
    return this.#answer({ result: 'applied', now: this.#at(), stored: applied.stored });
  }

  #answer(answer: ProjectionAnswer): ProjectionAnswer {
    this.answers.push(answer);
    return answer;
  }

  #live(): readonly CommandRow[] {
    return [...this.rows.values()].filter(
      ({ status, closed_reason, outcome, late }) =>
        status === 'queued' ||
        status === 'delivered' ||
        (status === 'acknowledged' && closed_reason === null && outcome === 'applied' && !late),
    );
  }

  #at(): string {
    return instantText(this.now);
  }

  get paths() {
    const up = { up_since: 0, last_seen: this.now };
    return { ingest: this.ingest === 'up' ? up : this.ingest, sweep: this.sweep === 'up' ? up : this.sweep };
  }

  /** A beat through the gateway; the code of its refusal, or `accepted`. An edge that is lost reaches nobody. */
  beat(
    status: RuntimeStatus,
    step: number,
    more: { attempt?: number; checkpoint?: number; via?: 'gateway' | 'signal'; lose?: boolean; notes?: string } = {},
  ): string {
    const { run } = this;
    const current = this.telemetry !== null && this.telemetry.attempt === run.attempt ? this.telemetry : null;
    const beat = { attempt: more.attempt ?? run.attempt, status, step, checkpoint_version: more.checkpoint ?? 0 };
    const row = {
      state: run.state,
      attempt: run.attempt,
      step: current?.step ?? null,
      checkpoint_version: current?.checkpoint_version ?? null,
      last_heartbeat_at: instantOrNull(current?.last_heartbeat_at ?? null),
      beat_status: current?.beat_status ?? null,
    };
    const refusal = refuseBeat(row, beat, this.now);
    if (refusal !== null) return refusal.code;
    this.telemetry = {
      attempt: beat.attempt,
      last_heartbeat_at: this.#at(),
      beat_status: status,
      step,
      checkpoint_version: beat.checkpoint_version,
      samples_per_sec: 1,
      loss: 0.5,
      cadence_s: run.policy.cadence_s,
      via: more.via ?? 'gateway',
      grace_until: null,
    };
    const mirror = { run_state: run.state, shown_status: run.runtime_status, health: run.health_status };
    if (more.lose !== true && isEdge(mirror, beat)) {
      const received_at = this.#at();
      const via = more.via ?? 'gateway';
      this.dispatch({ kind: 'beat', beat: { ...beat, received_at, via, notes: more.notes ?? null } });
    }
    return 'accepted';
  }

  /** The answer or refusal to a command, told by one word. */
  command(id: string, order: Pick<Command, 'type'> & { payload?: object }, direct = false): string {
    const effects = this.dispatch({ kind: 'command', submit: this.submit(id, order), direct });
    return said(effects);
  }

  submit(id: string, order: Pick<Command, 'type'> & { payload?: object }): SubmitCommand {
    const payload = order.payload ?? (order.type === 'terminate' ? { reason: 'done', final_checkpoint: false } : {});
    const command = { id, issued_at: this.#at(), actor: operator, type: order.type, payload } as Command;
    return { command, body_hash: commandBodyHash(command), nonce: `nonce-${id}`, origin: null };
  }

  /** Id of the command an agent gets, or null. */
  claim(): string | null {
    const facts = [...this.rows.values()].map((row) => ({
      ...row,
      expires_at: instantOrNull(row.expires_at),
      lease_expires_at: instantOrNull(row.lease_expires_at),
      delivered_at: instantOrNull(row.delivered_at),
    }));
    const claim = claimNext(facts, this.run.state === 'terminating', this.now);
    if (claim.offer === null) return null;
    const { id } = claim.offer;
    const stamped = offer(claim.offer, this.now, this.settings.lease_s);
    const row = this.rows.get(id);
    if (row === undefined) return null;
    this.rows.set(id, {
      ...row,
      status: 'delivered',
      delivered_at: instantText(stamped.delivered_at),
      last_delivered_at: instantText(stamped.last_delivered_at),
      delivery_attempt: stamped.delivery_attempt,
      lease_expires_at: instantText(stamped.lease_expires_at),
    });
    return id;
  }

  ack(id: string, outcome: CommandAck['outcome'] = 'applied', more: { lose?: boolean } = {}): string {
    const row = this.rows.get(id);
    if (row === undefined) return 'command_not_found';
    const facts = {
      status: row.status,
      acknowledged_at: instantOrNull(row.acknowledged_at),
      outcome: row.outcome,
      delivered_at: instantOrNull(row.delivered_at),
      late: row.late,
      run_state: this.run.state,
      run_attempt: this.run.attempt,
    };
    const verdict = judgeAck(facts, { outcome }, this.now);
    if (verdict.verdict !== 'store') return verdict.verdict;
    const acknowledged_at = this.#at();
    this.rows.set(id, {
      ...row,
      status: verdict.status,
      late: verdict.late,
      outcome,
      acknowledged_at,
      lease_expires_at: null,
    });
    if (verdict.notifies && more.lose !== true) {
      const notice = { command_id: id, type: row.type, outcome, late: false, acknowledged_at };
      this.dispatch({ kind: 'ack', ack: notice });
    }
    return verdict.late ? 'late' : 'stored';
  }

  report(kind: 'provisioning' | 'completed' | 'failed', more: object = {}): string {
    const request = { report: { kind, actor: operator, ...more }, origin: null };
    return said(this.dispatch({ kind: 'report', request }));
  }

  reset(): string {
    return said(
      this.dispatch({ kind: 'reset', request: { reset: { reason: 'restart', actor: operator }, origin: null } }),
    );
  }

  override(extend_seconds: number): string {
    const override = { extend_seconds, reason: 'known outage', actor: operator };
    return said(this.dispatch({ kind: 'override', request: { override, origin: null } }));
  }

  reading(): LivenessReading {
    const t = this.telemetry;
    const stored = this.stored;
    if (stored === null) throw new Error('there is no run');
    return {
      now: this.now,
      stored: { ...stored, commands: this.#live() },
      beat:
        t === null
          ? null
          : {
              attempt: t.attempt,
              last_heartbeat_at: instantOrNull(t.last_heartbeat_at),
              status: t.beat_status,
              step: t.step,
              checkpoint_version: t.checkpoint_version,
              cadence_s: t.cadence_s,
              via: t.via,
              grace_until: instantOrNull(t.grace_until),
            },
      ...this.paths,
      incident_id: this.incident,
    };
  }

  /** The timer fired or a hint came: looks until there is nothing left to do. Answers how many changes it made. */
  look(): number {
    for (let changes = 0; changes < 20; changes++) {
      const effects = this.dispatch({ kind: 'clock', reading: this.reading() });
      if (effects.some(({ effect }) => effect === 'complete') || !effects.some(({ effect }) => effect === 'look')) {
        return changes + Number(effects.some(({ effect }) => effect === 'project'));
      }
    }
    throw new Error('the clock never comes to rest');
  }

  /** Lets the one timer fire as often as it is due until then, as the workflow would. */
  sleep(seconds: number): this {
    const until = this.now + seconds * 1_000;
    for (let fired = 0; fired < 200; fired++) {
      const next = earliestDeadline(this.memory, this.settings);
      if (next === null || next.at > until || this.ended) break;
      this.now = Math.max(this.now, next.at);
      this.look();
      const again = earliestDeadline(this.memory, this.settings);
      if (again !== null && !this.ended && again.at <= this.now && again.kind === next.kind) {
        throw new Error(`the timer ${again.kind} does not move on`);
      }
    }
    this.now = Math.max(this.now, until);
    return this;
  }

  types(): RunEventType[] {
    return this.events.map(({ type }) => type);
  }

  of<T extends RunEventType>(type: T): RunEventDraft<T>['data'][] {
    return this.events.filter((event) => event.type === type).map(({ data }) => data as RunEventDraft<T>['data']);
  }

  pages(): string[] {
    return this.of('run.health_changed').flatMap(({ page }) => (page === null ? [] : [`${page.action} ${page.key}`]));
  }
}

function said(effects: readonly RunEffect[]): string {
  for (const effect of effects) {
    if (effect.effect === 'refuse') return effect.code;
    if (effect.effect === 'answer_command') return effect.disposition;
  }
  return effects.some(({ effect }) => effect === 'project') ? 'applied' : 'unchanged';
}

export { instantOf };
