/** Values that many messages of run control share, as schemas (runs.md 2, 6, 18). */
import { z } from 'zod';
import { longestActorId, longestReason, runIdPattern } from './limits.ts';
import { runActorTypes } from './vocabulary.ts';

/** Of runs, commands, experiments, versions, reports. */
export const runIdSchema = z.string().regex(runIdPattern, 'expected 1-128 characters of A-Z a-z 0-9 . _ : -');

/** From 0 to 2^53-1; `5.0` is 5. */
export const counterSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const attemptSchema = counterSchema.min(1);

/** Text in code points; neither U+0000 nor lone surrogates, which `jsonb` and UTF-8 cannot hold. */
export const storableText = (least: number, most: number) =>
  z
    .string()
    .refine((text) => isWithin(text, least, most), `expected ${String(least)}-${String(most)} characters`)
    .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'expected text without U+0000');

/** 1-256 code points, not all blank. */
export const reasonSchema = storableText(1, longestReason).refine((text) => text.trim() !== '', 'must not be blank');

export const runActorSchema = z.strictObject({
  type: z.enum(runActorTypes),
  id: storableText(1, longestActorId),
});
export type RunActor = Readonly<z.output<typeof runActorSchema>>;

/** An object of JSON members that `jsonb` can hold, at most `bytes` of JSON. */
export const jsonDocument = (bytes: number) =>
  z
    .record(z.string(), z.json())
    .refine(
      (value) => new TextEncoder().encode(JSON.stringify(value)).length <= bytes,
      `at most ${String(bytes)} bytes`,
    )
    .refine((value) => !unstorable.test(JSON.stringify(value)), 'must not hold U+0000 or lone surrogates');

/** RFC 3339 with a zone. */
export const instantSchema = z.iso.datetime({ offset: true });

/** What JSON writes for U+0000 and for lone surrogates, behind an even number of backslashes. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

function isWithin(text: string, least: number, most: number): boolean {
  // Every code point is one or two units: only texts in between need counting.
  if (text.length < least || text.length > most * 2) return false;
  return text.length <= most || Array.from(text).length <= most;
}
