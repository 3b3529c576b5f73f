import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMetadataText } from '../../../../domain/component/source/parse.ts';

function parse(text: string) {
  return parseMetadataText(text, { format: 'json' });
}

describe('JSON', () => {
  it.each([
    ['', 'MD002 1:1'],
    [' \n', 'MD002 1:1'],
    ['null', 'MD002 1:1'],
    ['{"a": 1, "a": 2}', 'SC001 1:10'],
    ['{"a": {"b": 1,\n "b": 2}}', 'SC001 2:2'],
    ['{"a": 1,}', 'SC001 1:9'],
    ['{a: 1}', 'SC001 1:2'],
    ['{"a" 1}', 'SC001 1:6'],
    ['{"a": }', 'SC001 1:7'],
    ['[1, 2', 'SC001 1:6'],
    ['[1 2]', 'SC001 1:4'],
    ['{"a": 1} x', 'SC001 1:10'],
    ['{"a": "x', 'SC001 1:7'],
    ['{"a": "\t"}', 'SC001 1:7'],
    ['{"a": "\\x"}', 'SC001 1:7'],
    ['{"a": 01}', 'SC001 1:8'],
    ['{"a": .5}', 'SC001 1:7'],
    ['{"a": NaN}', 'SC001 1:7'],
    ['// x\n{}', 'SC001 1:1'],
    [`${'['.repeat(33)}1`, 'SC006 1:33'],
    ['['.repeat(1_000_000), 'SC006 1:33'],
    ['{"a":'.repeat(200_000), 'SC006 1:161'],
  ])('%s is refused', (text, expected) => {
    const { document, issues } = parse(text);
    expect(document).toBeNull();
    expect(issues.map(({ code, line, column }) => `${code} ${String(line)}:${String(column)}`)).toEqual([expected]);
  });

  it('keeps __proto__ as an ordinary key', () => {
    const { document } = parse('{"__proto__": {"polluted": true}}');
    expect(Object.hasOwn(Object(document), '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('knows where each member stands', () => {
    const { locate } = parse('{\n  "a": [1,\n    {"b": 2}]\n}');
    expect([locate([]), locate(['a']), locate(['a', 1, 'b']), locate(['a', 1, 'nope'])]).toEqual([
      { line: 1, column: 1 },
      { line: 2, column: 3 },
      { line: 3, column: 6 },
      { line: 3, column: 5 },
    ]);
  });

  it('reads what JSON.parse reads, and refuses what it refuses', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), fc.boolean(), (value, indented) => {
        fc.pre(value !== null);
        expect(parse(JSON.stringify(value, null, indented ? 2 : undefined)).document).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:1e.-+ntrue\\u0a \n')), maxLength: 12 }),
        (text) => {
          fc.pre(text.trim() !== '');
          const { document, issues } = parse(text);
          let expected: unknown;
          try {
            expected = JSON.parse(text);
          } catch {
            expect(issues).not.toEqual([]);
            return;
          }
          const duplicate = issues.some(({ message }) => message.includes('twice'));
          expect(duplicate ? expected : document).toEqual(expected);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
