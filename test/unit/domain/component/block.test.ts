import { describe, expect, it } from 'vitest';
import { findMetadataBlock } from '../../../../domain/component/source/block.ts';
import { parseMetadataBlock } from '../../../../domain/component/source/parse.ts';

const open = '=== OmniNode:Metadata ===';
const close = '=== /OmniNode:Metadata ===';

describe('a metadata block', () => {
  it.each([
    ['marked with #', `#!/bin/sh\n# Licence\n\n# ${open}\n# name: x\n# tags:\n#   - a\n# ${close}\necho\n`],
    ['bare between #', `# ${open}\nname: x\n# a comment\ntags: [a]\n# ${close}\n`],
    ['marked and bare mixed', `# ${open}\n# name: x\ntags:\n# - a\n# ${close}\n`],
    ['bare first, then marked', `# ${open}\nname: x\n# tags: [a]\n# ${close}\n`],
    ['marked without blank', `#${open}\n#name: x\n#tags: [a]\n#${close}\n`],
    ['of HTML, bare', `# Title\n<!-- ${open}\nname: x\ntags: [a]\n<!-- ${close} -->\n`],
    ['of HTML, one comment', `<!-- ${open}\nname: x\ntags: [a]\n${close} -->\n`],
    [
      'of HTML, each line its own comment',
      `<!-- ${open} -->\n<!-- name: x -->\n<!-- tags: -->\n<!--   - a -->\n<!-- ${close} -->\n`,
    ],
    ['of JavaScript, bare', `/* ${open}\nname: x\ntags: [a]\n${close} */\nexport {};\n`],
    ['of JavaScript, with stars', `/** ${open}\n * name: x\n * tags:\n *   - a\n * ${close} */\n`],
    ['of JSON with comments', `// ${open}\n// name: x\n// tags: [a]\n// ${close}\n{}\n`],
    ['indented', `  # ${open}\n  # name: x\n  tags:\n    - a\n  # ${close}\n`],
    ['with CRLF and byte-order mark', `\uFEFF# ${open}\r\n# name: x\r\n# tags: [a]\r\n# ${close}\r\n`],
  ])('%s', (_how, text) => {
    const { document, issues } = parseMetadataBlock(text);
    expect(issues).toEqual([]);
    expect(document).toEqual({ name: 'x', tags: ['a'] });
  });

  it.each([
    ['no block', 'echo\n', ['MD001 1:1']],
    ['an empty file', '', ['MD001 1:1']],
    ['an opening inside a line', `x # ${open}\n# ${close}`, ['MD001 1:1']],
    ['an open block', `\n# ${open}\n# name: x\n`, ['MD002 2:1']],
    ['a closing of another style', `# ${open}\n# name: x\n// ${close}\n`, ['MD002 1:1']],
    ['an opening beyond 8 KiB', `${'#'.repeat(8192)}\n# ${open}\n# name: x\n# ${close}\n`, ['MD001 1:1']],
    ['a closing beyond 256 KiB', `# ${open}\n${'#\n'.repeat(131_072)}# ${close}\n`, ['MD002 1:1']],
    ['an empty block', `\n# ${open}\n# ${close}\n`, ['MD002 3:1']],
    ['broken YAML', `#!/bin/sh\n# ${open}\n# name: x\n#   tags: [a\n# ${close}\n`, ['SC001 3:9', 'SC001 4:13']],
    ['a duplicate key', `/*\n*/\n/* ${open}\n * name: x\n * name: y\n${close} */`, ['SC001 5:4']],
  ])('%s is refused', (_what, text, expected) => {
    const { document, issues, block } = parseMetadataBlock(text);
    expect(document).toBeNull();
    expect(issues.map(({ code, line, column }) => `${code} ${String(line)}:${String(column)}`)).toEqual(expected);
    if (expected[0]?.startsWith('MD001') === true) expect(block).toBeNull();
  });

  it('that comes second is ignored with a warning', () => {
    const text = `# ${open}\n# name: x\n# ${close}\n# ${open}\n# name: y\n# ${close}\n`;
    const { document, issues } = parseMetadataBlock(text);
    expect(document).toEqual({ name: 'x' });
    expect(issues).toMatchObject([{ code: 'MD002', severity: 'warning', line: 4 }]);
  });

  it('keeps lines and columns of the file', () => {
    const { locate, block } = parseMetadataBlock(`#!/bin/sh\n  # ${open}\n  # name: x\n  version: 1\n  # ${close}\n`);
    expect(block).toMatchObject({ openingLine: 2, closingLine: 5 });
    expect([locate(['name']), locate(['version'])]).toEqual([
      { line: 3, column: 5 },
      { line: 4, column: 3 },
    ]);
    expect(parseMetadataBlock('x').locate([])).toBeUndefined();
  });

  it("leaves the rest of the file for the author's hash", () => {
    const text = `\uFEFF\n# ${open}\n# name: x\n# ${close}\r\n\n  first \t\r\n\nlast  \n\n\n`;
    expect(parseMetadataBlock(text).body).toBe('  first\n\nlast\n');
    expect(parseMetadataBlock(`# ${open}\n# a: 1\n# ${close}\n \n`).body).toBe('');
  });

  it.each([
    ['blanks', `${' '.repeat(200_000)}x\n`.repeat(5)],
    ['half-open comments', `<!-- ${' '.repeat(200_000)}\n`.repeat(5)],
    ['many lines', '#\n'.repeat(500_000)],
    ['blank lines', `${'\n'.repeat(500_000)}x`],
    ['stars', `/${'*'.repeat(200_000)}\n`],
  ])('is looked for in linear time among %s', (_what, noise) => {
    const text = `/* ${open}\na: 1\n${close} */\n${noise}`;
    const start = performance.now();
    findMetadataBlock(noise);
    expect(parseMetadataBlock(text).document).toEqual({ a: 1 });
    findMetadataBlock(`<!-- ${open}\n${noise}`);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
