/** Bad input, row by row (runs.md 5.1, 5.8, 6.1, 6.5, 18). */
import { describe, expect, it } from 'vitest';
import {
  checkAck,
  checkCommand,
  checkDirectAck,
  checkHeartbeat,
  checkHint,
  checkOverride,
  checkReport,
  checkRunStatusEdge,
  expandCompactHeartbeat,
  isCompactHeartbeat,
} from '../../../../../domain/run/messages.ts';

const beat = {
  run_id: 'r-7',
  status: 'running',
  step: 880,
  samples_per_sec: 1310.2,
  loss: 0.73,
  checkpoint_version: 4,
};

/** `field rule` of every violation. */
function wrong(value: unknown, pathId: string | null = 'r-7'): string[] {
  const checked = checkHeartbeat(value, pathId);
  return checked.ok ? [] : checked.violations.map(({ field, rule }) => `${field} ${rule}`);
}

describe('a beat', () => {
  it('needs six fields; the rest has defaults', () => {
    expect(checkHeartbeat(beat, 'r-7')).toEqual({
      ok: true,
      value: { ...beat, queued_commands: null, notes: null, attempt: 1 },
    });
    expect(wrong({})).toEqual(
      ['run_id', 'status', 'step', 'samples_per_sec', 'loss', 'checkpoint_version'].map((field) => `${field} required`),
    );
  });

  it.each<[object, string[]]>([
    [{ step: '5' }, ['step range']],
    [{ step: null }, ['step type']],
    [{ step: 1.5 }, ['step range']],
    [{ step: -1 }, ['step range']],
    [{ step: 2 ** 53 }, ['step range']],
    [{ step: 2 ** 53 - 1 }, []],
    [{ step: 5.0 }, []],
    [{ checkpoint_version: 1e308 }, ['checkpoint_version range']],
    [{ samples_per_sec: -0.1 }, ['samples_per_sec range']],
    [{ samples_per_sec: Number.POSITIVE_INFINITY }, ['samples_per_sec range']],
    [{ samples_per_sec: 1e308 }, []],
    [{ loss: null }, ['loss type']],
    [{ loss: null, status: 'errored' }, []],
    [{ loss: Number.NaN }, ['loss range']],
    [{ loss: -3 }, []],
    [{ status: 'Running' }, ['status enum']],
    [{ status: 'completed' }, ['status enum']],
    [{ queued_commands: [] }, []],
    [{ queued_commands: null }, ['queued_commands type']],
    [{ queued_commands: ['a', 'b c', 5] }, ['queued_commands.1 format', 'queued_commands.2 format']],
    [{ queued_commands: Array.from({ length: 257 }, () => 'c') }, ['queued_commands length']],
    [{ notes: '😀'.repeat(4_096) }, []],
    [{ notes: 'x'.repeat(4_097) }, ['notes length']],
    [{ attempt: 0 }, ['attempt range']],
    [{ unknown: 1, Step: 'x' }, []],
    [{ run_id: 'r-8' }, ['run_id mismatch']],
    [{ run_id: 'r/8' }, ['run_id format']],
    [{ run_id: 'r-8', step: 'x', loss: undefined }, ['step range', 'loss required', 'run_id mismatch']],
  ])('with %j: %j', (more, expected) => {
    expect(wrong({ ...beat, ...more })).toEqual(expected);
  });

  it.each([null, [], 'text', 5])('that is %j is no object', (value) => {
    expect(wrong(value)).toEqual([' type']);
  });

  it('of another run is told apart, also among other violations', () => {
    expect(checkHeartbeat({ ...beat, run_id: 'r-8' }, 'r-7')).toMatchObject({ code: 'run_id_mismatch' });
    expect(checkHeartbeat({ ...beat, run_id: 'r-8', step: -1 }, 'r-7')).toMatchObject({ code: 'run_id_mismatch' });
    expect(checkHeartbeat({ ...beat, run_id: 'r-8' }, null)).toMatchObject({ ok: true });
  });

  it('keeps notes that no database could hold, mended', () => {
    const checked = checkHeartbeat({ ...beat, notes: 'a\u0000b\ud800' }, null);
    expect(checked.ok && checked.value.notes).toBe('a\ufffdb\ufffd');
  });

  it('does not inherit fields', () => {
    expect(wrong(JSON.parse('{"__proto__": {"run_id": "r-7"}}'))).toHaveLength(6);
  });
});

describe('a compact body', () => {
  const compact = { step: 7, policy_loss: 1, value_loss: 2, checkpoint_step: 3 };

  it('stands for a beat', () => {
    expect(isCompactHeartbeat(compact)).toBe(true);
    expect(isCompactHeartbeat(beat)).toBe(false);
    expect(expandCompactHeartbeat(compact, 'r-7')).toMatchObject({
      ok: true,
      value: { run_id: 'r-7', status: 'running', step: 7, samples_per_sec: 0, loss: 1.5, checkpoint_version: 3 },
    });
  });

  it('never overflows its average', () => {
    const checked = expandCompactHeartbeat({ ...compact, policy_loss: 1.7e308, value_loss: 1.7e308 }, 'r-7');
    expect(checked.ok && checked.value.loss).toBe(1.7e308);
  });

  it.each([{}, { ...compact, step: null }, { ...compact, value_loss: 'x' }, []])('is checked: %j', (value) => {
    expect(expandCompactHeartbeat(value, 'r-7').ok).toBe(false);
  });
});

describe('a command', () => {
  const violations = (value: unknown) => {
    const checked = checkCommand(value);
    return checked.ok ? [] : [checked.code, ...checked.violations.map(({ field, rule }) => `${field} ${rule}`)];
  };

  it.each<[object, string[]]>([
    [{ type: 'pause' }, []],
    [{ type: 'pause', payload: {} }, []],
    [{ type: 'pause', payload: null }, ['validation_failed', 'payload type']],
    [{ type: 'resume', payload: { reason: 'x' } }, ['validation_failed', 'payload.reason unknown']],
    [{ type: 'stop' }, ['validation_failed', 'type enum']],
    [{}, ['validation_failed', 'type required']],
    [{ type: 'tune', payload: {} }, ['validation_failed', 'payload required']],
    [{ type: 'tune', payload: { notes: 'only' } }, ['validation_failed', 'payload required']],
    [{ type: 'tune', payload: { learning_rate: 0 } }, ['validation_failed', 'payload.learning_rate range']],
    [{ type: 'tune', payload: { learning_rate: 1 } }, []],
    [{ type: 'tune', payload: { learning_rate: '0.1' } }, ['validation_failed', 'payload.learning_rate range']],
    [{ type: 'tune', payload: { learning_rate: null } }, ['validation_failed', 'payload.learning_rate type']],
    [{ type: 'tune', payload: { entropy_coef: 0 } }, []],
    [{ type: 'tune', payload: { entropy_coef: 0.11 } }, ['validation_failed', 'payload.entropy_coef range']],
    [{ type: 'tune', payload: { clip_epsilon: 0.04 } }, ['validation_failed', 'payload.clip_epsilon range']],
    [{ type: 'tune', payload: { clip_epsilon: 0.3 } }, []],
    [{ type: 'terminate', payload: { reason: 'x' } }, []],
    [{ type: 'terminate', payload: { reason: ' \n ' } }, ['validation_failed', 'payload.reason length']],
    [{ type: 'terminate', payload: { reason: 'x'.repeat(257) } }, ['validation_failed', 'payload.reason length']],
    [{ type: 'terminate', payload: { reason: '😀'.repeat(256) } }, []],
    [{ type: 'terminate', payload: { reason: 'a\u0000' } }, ['validation_failed', 'payload.reason length']],
    [
      { type: 'terminate', payload: { reason: 'x', grace_seconds: 3_601 } },
      ['validation_failed', 'payload.grace_seconds range'],
    ],
    [{ type: 'terminate' }, ['validation_failed', 'payload required']],
    [{ type: 'pause', actor: { type: 'agent', id: 'a' } }, ['validation_failed', 'actor.type enum']],
    [{ type: 'pause', actor: { type: 'system', id: '' } }, ['validation_failed', 'actor.id length']],
    [{ type: 'pause', id: 'a/b' }, ['validation_failed', 'id format']],
    [{ type: 'pause', issued_at: 'yesterday' }, ['invalid_issued_at', 'issued_at format']],
    [{ type: 'pause', issued_at: '2026-03-02T08:00:00+01:00' }, []],
  ])('%j: %j', (value, expected) => {
    expect(violations(value)).toEqual(expected);
  });

  it('names what an unknown key may have meant', () => {
    const checked = checkCommand({ type: 'tune', payload: { learning_rte: 0.1 } });
    expect(checked.ok ? '' : checked.violations[0]?.message).toContain('did you mean learning_rate?');
  });

  it('lists at most so many violations', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${String(index)}`, 1]));
    const checked = checkCommand({ type: 'pause', ...many });
    expect(checked.ok ? 0 : checked.violations.length).toBe(100);
  });
});

describe('an ack', () => {
  it.each([undefined, null, {}])('of %j means applied', (value) => {
    expect(checkAck(value)).toEqual({ ok: true, value: { outcome: 'applied' } });
  });

  it.each<[object, boolean]>([
    [{ outcome: 'done' }, false],
    [{ outcome: 'failed', message: 'x'.repeat(1_024) }, true],
    [{ message: 'x'.repeat(1_025) }, false],
    [{ applied: { learning_rate: 0.1 } }, true],
    [{ applied: [] }, false],
    [{ applied: { k: 'x'.repeat(16_384) } }, false],
    [{ applied: { k: '\u0000' } }, false],
    [{ step: -1 }, false],
    [{ attempt: 0 }, false],
    [{ unknown: 1 }, true],
  ])('%j is taken: %s', (value, ok) => {
    expect(checkAck(value).ok).toBe(ok);
  });

  it('by signal names its command', () => {
    expect(checkDirectAck({ command_id: 'c-1' })).toEqual({
      ok: true,
      value: { command_id: 'c-1', outcome: 'applied' },
    });
    expect(checkDirectAck({}).ok).toBe(false);
    expect(checkDirectAck(null).ok).toBe(false);
  });
});

describe('other messages', () => {
  it.each([
    [checkHint(undefined), true],
    [checkHint({ incident_id: 'i' }), true],
    [checkHint({ incident_id: 5 }), false],
    [checkHint([]), false],
    [checkReport({ kind: 'done' }), false],
    [checkOverride({ extend_seconds: 86_401, reason: 'x' }), false],
    [checkRunStatusEdge({}), false],
    [
      checkRunStatusEdge({
        attempt: 1,
        status: 'running',
        step: 1,
        checkpoint_version: 0,
        received_at: '2026-03-02T08:00:00Z',
        via: 'gateway',
        notes: null,
      }),
      true,
    ],
  ])('%j: %s', (checked, ok) => {
    expect(checked.ok).toBe(ok);
  });
});
