/** Properties: our readers agree with the platform's and with each other. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { placesOf } from './checking.ts';

/** JSON with a few characters replaced, dropped or doubled. */
const damagedJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '"', ',', '{', ']', '\\', '0', ' ')), { maxLength: 3 }),
  )
  .map(([text, damages]) =>
    damages.reduce((damaged, [place, unit]) => {
      const at = damaged.length === 0 ? 0 : place % damaged.length;
      return damaged.slice(0, at) + unit + damaged.slice(at + 1);
    }, text),
  );

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('json reports a syntax problem exactly when JSON.parse throws', () => {
  fc.assert(
    fc.property(damagedJson, (text) => {
      const syntax = placesOf('json', text).some((place) => place.startsWith('syntax'));
      expect(syntax).toBe(!parses(text));
    }),
    { numRuns: 1000 },
  );
});

test('yaml accepts what is JSON, and a place never lies outside of the file', () => {
  fc.assert(
    fc.property(damagedJson, (text) => {
      if (parses(text) && !placesOf('json', text).length) expect(placesOf('yaml', text)).toEqual([]);
      for (const place of placesOf('yaml', text)) {
        const [, line = '0', column = '0'] = /@(\d+):(\d+)/.exec(place) ?? [];
        const lines = text.split(/\r\n|\r|\n/);
        expect(Number(line)).toBeLessThanOrEqual(lines.length);
        expect(Number(column)).toBeLessThanOrEqual((lines[Number(line) - 1]?.length ?? 0) + 1);
      }
    }),
    { numRuns: 500 },
  );
});

/** Block YAML from pieces that meet in odd ways. */
const oddYaml = fc
  .array(
    fc.tuple(
      fc.constantFrom('', '  ', '    ', '- ', '  - '),
      fc.constantFrom(
        'a: 1',
        'b:',
        'c: [1, 2]',
        'a: {x: 1}',
        'text',
        '"q": \'s\'',
        '|',
        'd: |',
        'e: *x',
        'f: &x 1',
        '# c',
        '',
      ),
    ),
    { maxLength: 8 },
  )
  .map((lines) => lines.map(([indent, text]) => indent + text).join('\n'));

test('yaml agrees with a second parser whether a document can be read', () => {
  fc.assert(
    fc.property(oddYaml, (text) => {
      const accepts = placesOf('yaml', text).length === 0;
      let reads = true;
      try {
        parseYaml(text, { logLevel: 'error' });
      } catch {
        reads = false;
      }
      expect(accepts, JSON.stringify(text)).toBe(reads);
    }),
    { numRuns: 2000 },
  );
});
