/**
 * The published schemas and the checkers of the hot path say the same: about every message the same verdict, and of
 * every accepted one the same reading. Two differences are meant and modelled here: values that nothing behind the
 * border could hold are refused by the checkers alone, and times and measures are brought into the range of their column.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  ackSchema,
  deregisterSchema,
  heartbeatSchema,
  introspectionSchema,
  pokeSchema,
  statusEdgeSchema,
} from '../../../../../contracts/node/messages.ts';
import {
  checkAck,
  checkDeregister,
  type Checked,
  checkHeartbeat,
  checkIntrospection,
  checkPoke,
  checkStatusEdge,
} from '../../../../../domain/registration/messages.ts';
import * as messages from './arbitraries.ts';

const commandId = '0a1b2c3d-0000-4000-8000-00000000c0de';
type Fields = Readonly<Record<string, unknown>>;

/** What the schema reads, with what the checkers add to it. */
const subjects: readonly {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly schema: z.ZodType<Fields>;
  readonly check: (value: unknown) => Checked<object>;
  readonly completed: (read: Fields) => Fields;
}[] = [
  {
    name: 'introspection',
    values: messages.introspections,
    schema: introspectionSchema,
    check: checkIntrospection,
    completed: (read) => ({
      ...withNulls(read, ['node_name', 'status', 'instance_id', 'component']),
      message_id: read['message_id'] ?? read['correlation_id'],
      reason: read['reason'] === 'heartbeat' ? 'request' : read['reason'],
    }),
  },
  {
    name: 'heartbeat',
    values: messages.heartbeats,
    schema: heartbeatSchema,
    check: checkHeartbeat,
    completed: (read) => ({
      ...withNulls(read, ['epoch', 'message_id', 'correlation_id', 'node_version', 'sequence', 'note']),
      memory_usage_mb: asReal(read['memory_usage_mb']),
      cpu_usage_percent: asReal(read['cpu_usage_percent']),
    }),
  },
  {
    name: 'ack',
    values: messages.acks,
    schema: ackSchema,
    check: (value) => checkAck(value, { command_id: commandId }),
    completed: (read) => ({
      command_id: commandId,
      ...read,
      correlation_id: isUuid(read['correlation_id']) ? read['correlation_id'].toLowerCase() : null,
    }),
  },
  {
    name: 'deregister',
    values: messages.deregistrations,
    schema: deregisterSchema,
    check: (value) => checkDeregister(value, { command_id: commandId }),
    completed: (read) => ({ command_id: commandId, ...withNulls(read, ['correlation_id']) }),
  },
  {
    name: 'status edge',
    values: messages.statusEdges,
    schema: statusEdgeSchema,
    check: checkStatusEdge,
    completed: (read) => read,
  },
  { name: 'poke', values: messages.pokes, schema: pokeSchema, check: checkPoke, completed: (read) => read },
];

describe.each(subjects)('$name', ({ values, schema, check, completed }) => {
  it('is judged and read alike by schema and checker', () => {
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(values, (value) => {
        const published = schema.safeParse(value);
        const checked = check(value);
        if (published.success && !isStorable(value)) {
          expect(checked.ok).toBe(false);
          return;
        }
        if (published.success) {
          expect(checked).toEqual({ ok: true, value: inRange(completed(defined(published.data))) });
        } else expect(checked).toMatchObject({ ok: false });
        verdicts[checked.ok ? 'accepted' : 'refused']++;
      }),
      { numRuns: 4000 },
    );
    // A property that met one verdict only would have shown nothing.
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(400);
  });

  it('is refused with located problems of the one code', () => {
    fc.assert(
      fc.property(values, (value) => {
        const checked = check(value);
        if (checked.ok) return;
        expect(checked.issues.length).toBeGreaterThan(0);
        for (const issue of checked.issues) {
          expect(issue).toMatchObject({ code: 'ND001', severity: 'error', message: expect.stringMatching(/./) });
          expect(Object.keys(issue)).not.toContain('received');
        }
      }),
    );
  });
});

function withNulls(read: Fields, names: readonly string[]): Fields {
  return { ...Object.fromEntries(names.map((name) => [name, null])), ...read };
}

function defined(read: Fields): Fields {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

/** Columns of type `real`. */
function asReal(value: unknown): number | null {
  if (typeof value !== 'number') return null;
  return value > 3.5e38 ? 3.402_823_466_385_288_6e38 : value < 1e-38 ? 0 : value;
}

/** Times as stored: UTC, milliseconds, years 1 to 9999. */
function inRange(read: Fields): Fields {
  const times = ['timestamp', 'received_at'].flatMap((name) => {
    const value = read[name];
    return typeof value === 'string' ? [[name, canonical(value)]] : [];
  });
  return { ...read, ...Object.fromEntries(times) };
}

function canonical(text: string): string {
  const time = new Date(text);
  if (time.getTime() < Date.parse('0001-01-01T00:00:00Z')) return '0001-01-01T00:00:00.000Z';
  return time.getTime() > Date.parse('9999-12-31T23:59:59.999Z') ? '9999-12-31T23:59:59.999Z' : time.toISOString();
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

/** Whether the open parts of an introspection hold nothing that `jsonb` and objects cannot. */
function isStorable(value: unknown): boolean {
  const { note: _note, correlation_id: _id, ...open } = Object(value) as Fields;
  const text = JSON.stringify(open);
  return !/\\u0000|\\ud[89a-f]/.test(text) && !text.includes('"__proto__":');
}
