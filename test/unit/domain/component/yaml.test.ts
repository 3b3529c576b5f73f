import { describe, expect, it } from 'vitest';
import { normalise } from '../../../../domain/component/normalise.ts';
import { parseMetadataText } from '../../../../domain/component/source/parse.ts';
import { documentA } from './documents.ts';

function problems(text: string): string[] {
  return parseMetadataText(text, { format: 'yaml' }).issues.map(
    ({ code, line, column }) => `${code} ${String(line)}:${String(column)}`,
  );
}

function read(text: string): unknown {
  const { document, issues } = parseMetadataText(text, { format: 'yaml' });
  expect(issues).toEqual([]);
  return document;
}

describe('YAML', () => {
  it.each([
    ['a: yes\nb: No\nc: on', { a: 'yes', b: 'No', c: 'on' }],
    ['a: 2026-01-31\nb: 2026-01-31T12:00:00Z', { a: '2026-01-31', b: '2026-01-31T12:00:00Z' }],
    ['a: 012\nb: 0o14\nc: 0xF\nd: 1_000', { a: 12, b: 12, c: 15, d: '1_000' }],
    ['a: ~\nb:\nc: null', { a: null, b: null, c: null }],
    ['a: true\nb: False', { a: true, b: false }],
    ['1: a\ntrue: b\n1.0: c', { '1': 'a', true: 'b', '1.0': 'c' }],
    ['a: &x [1, 2]\nb: *x', { a: [1, 2], b: [1, 2] }],
    ['a: &x 1\nb: &x 2\nc: *x', { a: 1, b: 2, c: 2 }],
    ['&k a: 1\nb: *k', { a: 1, b: 'a' }],
    ['a: !!str 12\nb: !!int "3"\nc: ! 4\nd: !!seq [1]\ne: !!map {}', { a: '12', b: 3, c: '4', d: [1], e: {} }],
    ['---\na: 1\n...\n', { a: 1 }],
    ['%YAML 1.2\n---\na: 1', { a: 1 }],
    ['\uFEFFa: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['"<<": 1', { '<<': 1 }],
    ['a: |\n  x\n  y\nb: >-\n  x\n  y', { a: 'x\ny\n', b: 'x y' }],
  ])('%j is %j', (text, document) => {
    expect(read(text)).toEqual(document);
  });

  it.each([
    ['hash: 12e5', { hash: '12e5' }],
    [`hash: ${'1'.repeat(64)}`, { hash: '1'.repeat(64) }],
    ['hash: 0x1F', { hash: '0x1F' }],
    ['hash: "12"', { hash: '12' }],
    ['hash:', { hash: null }],
    ['hash: !!int 12', { hash: 12 }],
    ['source_repository: {commit_hash: 12}', { source_repository: { commit_hash: '12' } }],
    ['source_repository.commit_hash: 12', { 'source_repository.commit_hash': '12' }],
    ['x_extensions: {hash: 12}', { x_extensions: { hash: 12 } }],
    ['commit_hash: 12', { commit_hash: 12 }],
  ])('hashes are text: %j is %j', (text, document) => {
    expect(read(text)).toEqual(document);
  });

  it.each([
    ['a: [1', ['SC001 1:6']],
    ['a: 1\na: 2', ['SC001 2:1']],
    ['a: {b: 1, b: 2, b: 3}', ['SC001 1:11', 'SC001 1:17']],
    ['"a": 1\na: 2', ['SC001 2:1']],
    ['a: &x {b: 1}\nc:\n  <<: *x', ['SC001 3:3']],
    ['a: !custom 1', ['SC001 1:4']],
    ['a: !!binary aGk=', ['SC001 1:4']],
    ['a: !!set {b}', ['SC001 1:4']],
    ['a: !!timestamp 2026-01-01', ['SC001 1:4']],
    ['!custom\na: 1', ['SC001 1:1']],
    ['a: *nope', ['SC001 1:4']],
    ['a: &x [*x]', ['SC001 1:8']],
    ['? [a]\n: 1', ['SC001 1:3']],
    ['%YAML 1.1\n---\na: 1', ['SC001 1:1']],
    ['%YAML 1.3\n---\na: 1', ['SC001 1:7']],
    ['a: !!int x', ['SC001 1:4']],
    ['a: !!map [1]', ['SC001 1:4']],
    ['a:\n\tb: 1', ['SC001 2:1']],
    ['a: "x', ['SC001 1:6']],
    ['a: 1\n---\nb: 2', ['MD002 1:1']],
    ['', ['MD002 1:1']],
    ['# only a comment\n', ['MD002 1:1']],
    ['~', ['MD002 1:1']],
    ['---\n', ['MD002 1:1']],
    [`a: ${'['.repeat(100)}`, ['SC006 1:67']],
  ])('%j is refused: %j', (text, issues) => {
    expect(problems(text).map((issue) => issue)).toEqual(issues);
  });

  it('lists several syntax problems, but not all of a flood', () => {
    expect(problems('a: {b: 1, b: 2}\nc: !x 1\nd: *y')).toEqual(['SC001 1:11', 'SC001 2:4', 'SC001 3:4']);
    expect(problems(']'.repeat(10_000)).length).toBeLessThanOrEqual(20);
    expect(problems('a: 1\n'.repeat(50))).toHaveLength(20);
  });

  it('counts the nodes of all aliases together', () => {
    const list = (items: number) => `[${Array.from({ length: items }, () => '1').join(', ')}]`;
    expect(problems(`a: &x ${list(99)}\nb: *x`)).toEqual([]);
    expect(problems(`a: &x ${list(100)}\nb: *x`)).toEqual(['SC001 2:4']);
    expect(problems(`a: &x ${list(49)}\nb: *x\nc: *x`)).toEqual([]);
    expect(problems(`a: &x ${list(50)}\nb: *x\nc: *x`)).toEqual(['SC001 3:4']);
  });

  it('says where each wrong member stands', () => {
    const text = `# comment
uuid: nope
type: tool
name: x
version: 1.10
entrypoint:
  kind: cli
  program: ""
tags:
  - ok
  - [no]
source_repository.commit_hash: 12
`;
    const { document, locate } = parseMetadataText(text);
    const { issues } = normalise(document, { locate });
    expect(
      issues
        .filter(({ severity }) => severity === 'error')
        .map(({ code, path, line, column }) => `${code} ${path} ${String(line)}:${String(column)}`),
    ).toEqual([
      'MD004 uuid 2:1',
      'SC004 version 5:1',
      'SC004 tags.1 11:5',
      'SC006 entrypoint.program 8:3',
      'SC007 source_repository.commit_hash 12:1',
    ]);
    expect(issues.find(({ path }) => path === 'version')?.hint).toBe('write it in quotes: "1.1.0"');
    expect(issues.every(({ line, column }) => line !== undefined && column !== undefined)).toBe(true);
  });
});

describe('text of unknown format', () => {
  it.each([
    ['{"a": 1}', { a: 1 }],
    ['  {a: 1}', { a: 1 }],
    ['a: 1', { a: 1 }],
  ])('%j is %j', (text, document) => {
    expect(parseMetadataText(text).document).toEqual(document);
  });

  it('that is neither JSON nor YAML is reported as JSON', () => {
    expect(parseMetadataText('{"a": 1,,}').issues).toMatchObject([{ code: 'SC001', line: 1, column: 9 }]);
  });

  it('has a limit', () => {
    expect(parseMetadataText(' '.repeat(1_048_577)).issues).toMatchObject([{ code: 'SC006' }]);
  });

  it('reads both spellings of a document alike', () => {
    const yaml = Object.entries(documentA)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join('\n');
    expect(parseMetadataText(yaml).document).toEqual(documentA);
    expect(parseMetadataText(JSON.stringify(documentA), { format: 'json' }).document).toEqual(documentA);
  });
});
