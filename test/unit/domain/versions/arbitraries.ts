/** Random versions and ranges, dense enough that comparisons often meet equal parts. */
import fc from 'fast-check';

const part = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 3 }) },
  { weight: 2, arbitrary: fc.nat({ max: 120 }) },
  { weight: 1, arbitrary: fc.maxSafeNat() },
);
const word = fc.constantFrom('alpha', 'beta', 'rc', 'a', 'a-', '-', 'A', '0a', 'x1', '1-2', 'z');
const identifier = fc.oneof(part.map(String), word);
const suffix = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts) => `-${parts.join('.')}`) },
);
const build = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: word.map((text) => `+${text}`) },
);

export const version: fc.Arbitrary<string> = fc
  .tuple(part, part, part, suffix, build)
  .map(([major, minor, patch, tail, meta]) => `${String(major)}.${String(minor)}.${String(patch)}${tail}${meta}`);

const small = fc.nat({ max: 3 }).map(String);
const xPart = fc.oneof(small, fc.constantFrom('x', 'X', '*'));
const partial = fc.oneof(
  version,
  fc.array(xPart, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
  fc.constant('*'),
);
const operator = fc.constantFrom('', '^', '~', '>', '>=', '<', '<=', '=');
const comparator = fc.tuple(operator, partial).map((parts) => parts.join(''));
const alternative = fc.oneof(
  fc.array(comparator, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' ')),
  fc.tuple(partial, partial).map((parts) => parts.join(' - ')),
);

export const range: fc.Arbitrary<string> = fc
  .array(alternative, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(' || '));
