/**
 * Schemas for what arrives as text: query parameters and path parameters. A name may be repeated; a flag
 * may stand without a value (`?dry_run`); control characters are refused because the database cannot
 * hold them.
 */
import { z } from 'zod';

/** Text without control characters and lone surrogates. */
export function plainText(maximum: number): z.ZodString {
  return z
    .string()
    .max(maximum)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters or broken Unicode');
}

/** `?flag`, `?flag=true`, `?flag=1` are true; `false` and `0` are false. */
export const flag = z
  .enum(['', 'true', '1', 'false', '0'], { error: 'expected true or false' })
  .transform((text) => text !== 'false' && text !== '0')
  .pipe(z.boolean());

/** A whole number written in decimal digits. */
export function wholeNumber(minimum: number, maximum: number): z.ZodType<number> {
  return z
    .string({ error: 'expected one whole number' })
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().int().min(minimum).max(maximum));
}

/** A parameter that may be repeated; one occurrence is a list of one. */
export function repeated<T extends z.ZodType>(item: T, maximum = 64): z.ZodType<z.output<T>[]> {
  return z.preprocess(
    (value) => (Array.isArray(value) || value === undefined ? value : [value]),
    z.array(item).max(maximum),
  );
}

/** As `repeated`, and each occurrence may hold several words separated by commas. */
export function words<T extends z.ZodType>(item: T, maximum = 64): z.ZodType<z.output<T>[]> {
  return z.preprocess(splitWords, z.array(item).max(maximum));
}

function splitWords(value: unknown): unknown {
  if (value === undefined) return undefined;
  const given: unknown[] = Array.isArray(value) ? value : [value];
  return given.flatMap((one) => (typeof one === 'string' ? one.split(',') : [one]));
}
