/**
 * The published schemas and the checkers of the hot path say the same: about every message the same verdict, and of every
 * accepted one the same reading. One difference is meant: absent members of a beat are read as null.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { commandAckSchema, commandEnvelopeSchema } from '../../../../../contracts/run/command.ts';
import { runHeartbeatSchema } from '../../../../../contracts/run/heartbeat.ts';
import { overrideHealthSchema, resetRunSchema, runReportSchema } from '../../../../../contracts/run/requests.ts';
import {
  checkAck,
  checkCommand,
  checkHeartbeat,
  checkOverride,
  checkReport,
  checkReset,
  type Violation,
} from '../../../../../domain/run/messages.ts';
import * as messages from './arbitraries.ts';

type Fields = Readonly<Record<string, unknown>>;
type Verdict =
  | { readonly ok: true; readonly value: object }
  | { readonly ok: false; readonly violations: readonly Violation[] };

const subjects: readonly {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly schema: z.ZodType<Fields>;
  readonly check: (value: unknown) => Verdict;
  readonly completed?: (read: Fields) => Fields;
}[] = [
  {
    name: 'heartbeat',
    values: messages.heartbeats,
    schema: runHeartbeatSchema,
    check: (value) => checkHeartbeat(value, null),
    completed: (read) => ({ queued_commands: null, notes: null, ...read }),
  },
  {
    name: 'command',
    values: messages.commands,
    schema: commandEnvelopeSchema,
    check: checkCommand,
    completed: (read) => ({ ...read, ...canonical(read['issued_at']) }),
  },
  // A body that is absent means applied; the schema is asked about bodies that are there.
  {
    name: 'ack',
    values: messages.acks.filter((value) => value !== null && value !== undefined),
    schema: commandAckSchema,
    check: checkAck,
  },
  { name: 'report', values: messages.reports, schema: runReportSchema, check: checkReport },
  { name: 'reset', values: messages.resets, schema: resetRunSchema, check: checkReset },
  { name: 'override', values: messages.overrides, schema: overrideHealthSchema, check: checkOverride },
];

describe.each(subjects)('$name', ({ values, schema, check, completed = (read) => read }) => {
  it('is judged and read alike by schema and checker', () => {
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(values, (value) => {
        const published = schema.safeParse(value);
        const checked = check(value);
        if (published.success) {
          expect(checked).toEqual({ ok: true, value: completed(defined(published.data)) });
        } else expect(checked).toMatchObject({ ok: false });
        verdicts[checked.ok ? 'accepted' : 'refused']++;
      }),
      { numRuns: 3_000 },
    );
    // A property that met one verdict only would have shown nothing.
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(200);
  });

  it('is refused with violations that never hold a value', () => {
    fc.assert(
      fc.property(values, (value) => {
        const checked = check(value);
        if (checked.ok) return;
        expect(checked.violations.length).toBeGreaterThan(0);
        for (const violation of checked.violations) {
          expect(Object.keys(violation)).toEqual(['field', 'rule', 'message']);
          expect(violation.message).toMatch(/^(must|is) /);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function defined(read: Fields): Fields {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

/** Times as stored: UTC, milliseconds, years 1 to 9999. */
function canonical(text: unknown): Fields {
  if (typeof text !== 'string') return {};
  const time = Math.max(Date.parse(text), Date.parse('0001-01-01T00:00:00Z'));
  return { issued_at: new Date(Math.min(time, Date.parse('9999-12-31T23:59:59.999Z'))).toISOString() };
}
