/** Readers of texts in a fixed form: hashes, globs, variable names, durations. */
import { describeValue, quote } from '../../json/values.ts';
import { fail, type Reader } from '../reading/place.ts';
import { asText, integer, text } from '../reading/scalars.ts';

/** `length` hexadecimal digits of any case, written in lower case. SC007. */
export function hexDigits(length: number): Reader<string> {
  const read = text({
    form: { pattern: new RegExp(`^[0-9a-fA-F]{${String(length)}}$`), expected: `${String(length)} hexadecimal digits` },
  });
  return (value, at) => read(value, at)?.toLowerCase();
}

const globText = text({ max: 1024 });

/** A gitignore-style pattern inside the repository. SC007 for a negation or a way out. */
export const glob: Reader<string> = (value, at) => {
  const read = globText(value, at);
  if (read === undefined) return undefined;
  if (read.startsWith('!')) return fail(at, 'SC007', 'a pattern cannot begin with !', () => ({ hint: 'use exclude' }));
  if (read.split('/').includes('..'))
    return fail(at, 'SC007', 'a pattern cannot leave the repository', () => ({ received: read }));
  return read;
};

export const tag: Reader<string> = text({
  max: 64,
  form: { pattern: /^[^,\p{Cc}]*$/u, expected: 'a tag without comma or control character' },
});

export const variableName: Reader<string> = text({
  form: { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, expected: 'the name of an environment variable' },
});

export const fileType: Reader<string> = text({
  max: 64,
  form: { pattern: /^[a-z0-9][a-z0-9+#._-]*$/, expected: 'a file type in lower case, like typescript' },
});

export const languageHint: Reader<string> = text({
  form: {
    pattern: /^[A-Za-z][A-Za-z0-9+#._-]*(?:\s*[<>=~^!][^\p{Cc}]*)?$/u,
    expected: 'a language with an optional range, like node>=22',
  },
});

/** Milliseconds a component may run. */
export const milliseconds: Reader<number> = integer(100, 86_400_000);

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Text with a unit, `500ms`, `30s`, `5m`, `1h`; read as milliseconds. A bare number is SC004: nobody knows its unit. */
export const duration: Reader<number> = (value, at) => {
  if (typeof value === 'number') {
    return fail(at, 'SC004', 'a bare number has no unit', () => ({
      expected: 'text with a unit',
      received: describeValue(value),
      hint: `write "${String(value)}s" or "${String(value)}ms", or use timeout_ms`,
    }));
  }
  const given = asText(value, at)?.trim();
  if (given === undefined) return undefined;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s?(ms|s|m|h)$/.exec(given);
  if (match === null) {
    return fail(at, 'SC007', `${quote(given)} is no duration`, () => ({
      expected: 'a duration like 500ms, 30s or 5m',
    }));
  }
  const [, amount, unit] = match;
  return milliseconds(Math.round(Number(amount) * units[unit as keyof typeof units]), at);
};
