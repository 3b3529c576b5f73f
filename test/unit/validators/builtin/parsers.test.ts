/** JSON, YAML and TOML: what is accepted, and for what is broken the line and column of the defect. */
import { expect, test } from 'vitest';
import { findingsOf, placesOf } from './checking.ts';

const bom = '\ufeff';

test.each([
  ['an object', '{"a": [1, -2.5e+3, true, false, null, "\\u00e9\\n"]}\n'],
  ['a bare value', '1'],
  ['blanks around', ' \r\n\t{} \n'],
  ['equal keys in different objects', '[{"a": 1}, {"a": 2}]'],
  ['200 levels', '['.repeat(200) + ']'.repeat(200)],
  ['surrogates as written', '"\\ud800"'],
])('json accepts %s', (_, content) => {
  expect(placesOf('json', content)).toEqual([]);
});

test.each([
  ['a comma before the brace', '{\n  "a": 1,\n}\n', ['syntax@2:9']],
  ['a comma before the bracket', '[1,\n2,]', ['syntax@2:2']],
  ['a missing comma', '{"a": 1\n "b": 2}', ['syntax@2:2']],
  ['a missing colon', '{"a" 1}', ['syntax@1:6']],
  ['a key without quotes', '{\n  a: 1\n}', ['syntax@2:3']],
  ['single quotes', "['a']", ['syntax@1:2']],
  ['a string over two lines', '{"a": "x\ny"}', ['syntax@1:7']],
  ['a bad escape', '["ok", "a\\x"]', ['syntax@1:10']],
  ['a leading zero', '[1, 007]', ['syntax@1:5']],
  ['a word', '{"a": undefined}', ['syntax@1:7']],
  ['the wrong bracket', '{"a": [1, 2}', ['syntax@1:12']],
  ['an end too early', '{\n"a": {\n  "b": 1\n}\n', ['syntax@4:2']],
  ['something behind the end', '{}\n{}\n', ['syntax@2:1']],
  ['a comment', '{\n// no\n}', ['syntax@2:1']],
  ['nothing at all', '', ['syntax@1:1']],
  ['a control character', '["a\u0001"]', ['syntax@1:4']],
  ['a NUL', Buffer.from('{"a": \0}'), ['syntax@1:7']],
  ['a byte order mark', `${bom}{}`, ['syntax@1:1']],
  ['a byte that is no UTF-8', Buffer.from('["ü\xff"]', 'latin1'), ['syntax@1:3']],
  ['UTF-16', Buffer.from(`${bom}{}`, 'utf16le'), ['syntax@1:1']],
  ['a key twice', '{"a": 1,\n "b": {"b": 1},\n "a": 2}', ['duplicate-key@3:2']],
  ['a key twice, once escaped', '{"a": 1, "\\u0061": 2}', ['duplicate-key@1:10']],
  ['a key twice, and broken behind', '{"a": 1, "a": 2,}', ['duplicate-key@1:10', 'syntax@1:16']],
  ['201 levels', '['.repeat(201) + ']'.repeat(201), ['too-deep@1:201']],
  ['columns in UTF-16 units', '["😀" x]', ['syntax@1:7']],
])('json finds %s', (_, content, expected) => {
  expect(placesOf('json', content)).toEqual(expected);
});

test('json accepts comments and trailing commas where the file is known for them', () => {
  const content = `${bom}// c\n{"a": [1,], /* b */ }\n`;
  expect(placesOf('json', content, { path: 'tsconfig.base.json' })).toEqual([]);
  expect(placesOf('json', content, { path: 'app/.vscode/settings.json' })).toEqual(['syntax@1:1', 'syntax@1:2']);
  expect(placesOf('json', content, { path: '.vscode/settings.json' })).toEqual([]);
  expect(placesOf('json', '{}, ', { path: 'x.jsonc' })).toEqual(['syntax@1:3']);
  expect(placesOf('json', '/* open', { path: 'x.jsonc' })).toEqual(['syntax@1:1']);
  expect(placesOf('json', content, { path: 'a.json5', options: { jsonc: ['*.json5'] } })).toEqual([]);
});

test('json names the first of two equal keys', () => {
  expect(findingsOf('json', '{\n"a": 1,\n"a": 2}')[0]?.message).toBe('the key "a" stands twice, first on line 2');
});

test.each([
  ['nothing', ''],
  ['block and flow', 'a:\n  - {b: 1, "c": [x, y]}\n  - |\n    text: [not yaml\n# end\n'],
  ['several documents', 'a: 1\n---\na: 2\n...\n'],
  ['a byte order mark', `${bom}a: 1\n`],
  ['UTF-16', Buffer.from(`${bom}a: 1\n`, 'utf16le')],
  ['any tag, never constructed', 'a: !ruby/object:X {b: 1}\nc: !!binary x\n'],
  ['aliases', 'a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 1}\n'],
  ['two merge keys', 'a: &x {b: 1}\nc:\n  <<: *x\n  <<: *x\n'],
  ['1 and "1" as keys', '1: a\n"1": b\n'],
  [
    'an anchor used hundreds of times',
    `a: &x {b: 1}\n${Array.from({ length: 500 }, (_, index) => `k${index}: *x\n`).join('')}`,
  ],
])('yaml accepts %s', (_, content) => {
  expect(placesOf('yaml', content)).toEqual([]);
});

test.each([
  ['a bracket that is not closed', 'a: 1\nb: [1, 2\nc: 3\n', ['syntax@2:4']],
  ['a brace that is not closed', 'a: {b: 1\n', ['syntax@1:4']],
  ['a quote that is not closed', 'a: "x\nb: 1\n', ['syntax@1:4']],
  ['a reserved character', 'a: 1\nb: @x\n', ['syntax@2:4']],
  ['a bad escape', 'a: "\\q"\n', ['syntax@1:5']],
  ['a value below a value', 'a: 1\n  b: 2\n', ['syntax@2:3']],
  ['an item less indented', 'a:\n   b: 1\n  c: 2\n', ['syntax@3:3']],
  ['a key in a sequence', '- a\nb: 1\n', ['syntax@2:1']],
  ['text behind a quote', "a: 'it's'\n", ['syntax@1:8']],
  ['a line without colon', 'a: b\nc\nd: e\n', ['syntax@2:1']],
  ['a tab', 'a:\n\tb: 1\n', ['tab-indent@2:1']],
  ['a key twice', 'a: 1\nb: 2\n"a": 3\n', ['duplicate-key@3:1']],
  ['a number twice, written differently', '10: a\n0xA: b\n', ['duplicate-key@2:1']],
  ['a key twice in the second document', 'a: 1\n---\nb: 1\nb: 2\n', ['duplicate-key@4:1']],
  ['two keys twice', '{a: 1, a: 2, b: {c: 1, c: 2}}\n', ['duplicate-key@1:8', 'duplicate-key@1:24']],
  ['an alias of nothing', 'a: *nope\n', ['syntax@1:4']],
  ['an alias of the document before', 'a: &x 1\n---\nb: *x\n', ['syntax@3:4']],
  ['an alias inside of itself', 'a: &x [*x]\n', ['alias-bomb@1:8']],
  ['a byte that is no UTF-8', Buffer.from('a: \xff', 'latin1'), ['syntax@1:4']],
  ['a NUL', Buffer.from('a: b\0'), ['syntax@1:5']],
])('yaml finds %s', (_, content, expected) => {
  expect(placesOf('yaml', content)).toEqual(expected);
});

test('yaml options: one document, only these tags', () => {
  const one = { options: { multi_document: false } };
  expect(placesOf('yaml', 'a: 1\n---\nb: 2\n', one)).toEqual(['syntax@3:1']);
  const tags = { options: { custom_tags: ['!ok'] } };
  expect(placesOf('yaml', 'a: !ok 1\nb: !!str 2\nc: !no 3\n', tags)).toEqual(['syntax@3:4']);
});

test.each([
  ['nothing', ''],
  ['tables and arrays', 'a = 1\n[t.u]\nb = [1, 2,\n]\n[[v]]\nc = { d = "x" }\n'],
  ['a byte order mark', `${bom}a = 1\n`],
])('toml accepts %s', (_, content) => {
  expect(placesOf('toml', content)).toEqual([]);
});

test.each([
  ['no value', 'a = 1\nb = \n', ['syntax@2:5']],
  ['no key', '= 1\n', ['syntax@1:1']],
  ['no equals sign', 'a 1\n', ['syntax@1:3']],
  ['a leading zero', 'a = 01\n', ['syntax@1:5']],
  ['a word', '[t]\n  a = tru\n', ['syntax@2:7']],
  ['a bad date', 'a = 1979-13-01\n', ['syntax@1:5']],
  ['a bad escape', 'a = "\\q"\n', ['syntax@1:7']],
  ['two values', 'a = 1 2\n', ['syntax@1:7']],
  ['a table that is not closed', '[t\na = 1\n', ['syntax@1:3']],
  ['a string that is not closed', 'a = "x\nb = 1\n', ['syntax@1:7']],
  ['a long string that is not closed', 'a = 1\nb = """x\n', ['syntax@2:5']],
  ['a key twice', 'a = 1\nb = 2\na = 3\n', ['duplicate-key@3:1']],
  ['a key twice in an inline table', 'a = { b = 1, b = 2 }\n', ['duplicate-key@1:14']],
  ['a table twice', '[t]\nx = 1\n[t]\n', ['duplicate-key@3:2']],
  ['a table over a value', 'a.b = 1\na = 2\n', ['duplicate-key@2:1']],
  ['a byte that is no UTF-8', Buffer.from('a = 1\n# \xff\n', 'latin1'), ['syntax@2:3']],
])('toml finds %s', (_, content, expected) => {
  expect(placesOf('toml', content)).toEqual(expected);
});
