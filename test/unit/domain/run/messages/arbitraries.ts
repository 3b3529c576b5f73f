/**
 * Messages as they come: mostly right, often wrong in one field or several, sometimes wrong throughout. Every field has
 * values inside and outside its rule.
 */
import fc from 'fast-check';
import { timestamp, wildText } from '../../registration/messages/arbitraries.ts';

type Values = fc.Arbitrary<unknown>;

const wrong = fc.constantFrom<unknown>(
  null,
  undefined,
  true,
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  '',
  '5',
  'text',
  [],
  {},
  Number.NaN,
  Number.POSITIVE_INFINITY,
);

const idText = fc.string({ unit: fc.constantFrom(...'aZ09._:-'.split('')), minLength: 1, maxLength: 5 });
/** Values that fit, and now and then one at the edge of its rule. */
const mostly = (right: Values, edge: Values): Values =>
  fc.oneof({ weight: 16, arbitrary: right }, { weight: 1, arbitrary: edge });
const id = mostly(idText, fc.oneof(fc.constantFrom('x'.repeat(128), 'x'.repeat(129), 'a/b', ' a', 'é'), wildText));
const count = mostly(fc.integer({ min: 1 }), fc.constantFrom(0, 5.0, 2 ** 53 - 1, 2 ** 53, -1, 0.5));
const number = mostly(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e308, -1e308, 5e-324, Number.NaN),
);
/** Lengths around every limit, in characters of one unit and of two. */
const long = (...limits: number[]) =>
  fc
    .tuple(fc.constantFrom(...limits), fc.constantFrom(-1, 0, 1), fc.constantFrom('x', '😀', ' ', 'é'))
    .map(([limit, more, unit]) => unit.repeat(limit + more));
const text = (...limits: number[]) => mostly(fc.string({ minLength: 1 }), fc.oneof(wildText, long(...limits)));

/** Each member mostly of its own values, sometimes wrong, sometimes missing. */
function message(members: Readonly<Record<string, Values>>, optional: readonly string[], unknownWeight = 1): Values {
  const own = Object.fromEntries(
    Object.entries(members).map(([name, values]) => [
      name,
      fc.oneof({ weight: 30, arbitrary: values }, { weight: 1, arbitrary: wrong }),
    ]),
  );
  const required = Object.keys(members).filter((name) => !optional.includes(name));
  const whole = fc.record(own, { requiredKeys: required });
  const partial = fc.record(own, { requiredKeys: [] });
  const extra = fc.tuple(whole, fc.constantFrom('extra', 'Status', 'stepp'), wrong);
  return fc.oneof(
    { weight: 20, arbitrary: whole },
    { weight: 2, arbitrary: partial },
    { weight: unknownWeight, arbitrary: extra.map(([value, name, more]) => ({ ...value, [name]: more })) },
    { weight: 1, arbitrary: wrong },
  );
}

const status = fc.constantFrom('running', 'paused', 'terminating', 'errored');
export const heartbeats = message(
  {
    run_id: id,
    status,
    step: count,
    samples_per_sec: mostly(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), number),
    loss: mostly(number, fc.constant(null)),
    checkpoint_version: count,
    queued_commands: fc.oneof(
      fc.array(id, { maxLength: 3 }),
      fc.constantFrom(256, 257).map((length) => Array.from({ length }, () => 'c')),
    ),
    notes: text(4_096),
    attempt: count,
  },
  ['queued_commands', 'notes', 'attempt'],
);

const actors = message({ type: fc.constantFrom('operator', 'system'), id: text(128) }, []);
const envelope = (type: string, payload: Values, optional: string[] = []) =>
  message(
    {
      id,
      type: fc.constant(type),
      issued_at: mostly(
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
        timestamp,
      ),
      actor: actors,
      payload,
    },
    ['id', 'issued_at', 'actor', ...optional],
  );
const bounded = (...values: number[]) =>
  mostly(fc.double({ min: 0.05, max: 0.1, noNaN: true }), fc.constantFrom(...values));
const tune = message(
  {
    learning_rate: bounded(0, 5e-324, 1, 1.0001),
    entropy_coef: bounded(0, -0, 0.1, 0.1001),
    clip_epsilon: bounded(0.05, 0.0499, 0.3, 0.3001),
    notes: text(1_024),
  },
  ['learning_rate', 'entropy_coef', 'clip_epsilon', 'notes'],
);
const terminate = message(
  {
    reason: text(256),
    final_checkpoint: fc.boolean(),
    grace_seconds: fc.constantFrom(0, 1, 60, 600, 3_600, 3_601, 1.5),
  },
  ['final_checkpoint', 'grace_seconds'],
);
const empty = fc.constantFrom<unknown>({}, {}, {}, null, { reason: 'x' }, [], 'text');
export const commands: Values = fc.oneof(
  envelope('tune', tune),
  envelope('terminate', terminate),
  envelope('pause', empty, ['payload']),
  envelope('resume', empty, ['payload']),
  envelope('stop', empty, ['payload']),
);

const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
export const acks = message(
  {
    outcome: fc.constantFrom('applied', 'rejected', 'failed'),
    message: text(1_024),
    applied: fc.oneof(
      fc.dictionary(fc.constantFrom('learning_rate', 'a', 'é'), json, { maxKeys: 3 }),
      fc.constantFrom(16_376, 16_377).map((length) => ({ k: 'x'.repeat(length) })),
    ),
    step: count,
    attempt: count,
  },
  ['outcome', 'message', 'applied', 'step', 'attempt'],
);

export const reports = message(
  {
    kind: fc.constantFrom('provisioning', 'completed', 'failed'),
    reason: text(256),
    attempt: count,
    step: count,
    checkpoint_version: count,
    actor: actors,
  },
  ['reason', 'attempt', 'step', 'checkpoint_version', 'actor'],
);
export const resets = message({ reason: text(256), actor: actors }, ['actor']);
export const overrides = message(
  { extend_seconds: fc.constantFrom(0, 1, 60, 86_400, 86_401, 1.5), reason: text(256), actor: actors },
  ['actor'],
);
