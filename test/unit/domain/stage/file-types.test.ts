/** What kind of file something is, by name, content, mode and attributes. */
import { expect, test } from 'vitest';
import {
  type FileAttributes,
  type TypedFile,
  fileTypesVersion,
  sniffContent,
  typesByExtension,
  typesByInterpreter,
  typesByName,
  typesOf,
} from '../../../../domain/stage/file-types.ts';

const plain: FileAttributes = {
  binary: false,
  text: false,
  language: null,
  generated: false,
  vendored: false,
  excluded: false,
};
const text = { encoding: 'ascii-compatible', interpreter: null } as const;
const types = (path: string, around: Partial<TypedFile> = {}) =>
  typesOf({ path, kind: 'file', sniff: text, attributes: null, ...around }).join(' ');

test.each([
  ['a.json', {}, 'file text non-executable json'],
  ['a.PY', {}, 'file text non-executable python'],
  ['dir.json/a', {}, 'file text non-executable'],
  ['package-lock.json', {}, 'file text non-executable json lockfile'],
  ['Dockerfile.prod', {}, 'file text non-executable dockerfile'],
  ['.json', {}, 'file text non-executable json'],
  ['run', { kind: 'executable', sniff: { ...text, interpreter: 'bash' } }, 'file text executable shell bash'],
  ['run.py', { sniff: { ...text, interpreter: 'bash' } }, 'file text non-executable python'],
  ['a.svg', {}, 'file text non-executable image svg xml'],
  ['a.png', { sniff: { encoding: 'binary', interpreter: null } }, 'file binary non-executable image'],
  ['a.so', {}, 'file text non-executable'],
  ['a.txt', { sniff: { encoding: 'utf-16', interpreter: null } }, 'file text utf-16 non-executable plain-text'],
  ['a.json', { sniff: null }, 'file non-executable json'],
  ['a.json', { kind: 'symlink' }, 'symlink'],
  ['lib', { kind: 'gitlink' }, 'gitlink'],
  ['a.x', { attributes: { ...plain, binary: true } }, 'file binary non-executable'],
  [
    'a.x',
    { attributes: { ...plain, text: true }, sniff: { encoding: 'binary', interpreter: null } },
    'file text non-executable',
  ],
  ['a.x', { attributes: { ...plain, language: 'Emacs Lisp' } }, 'file text non-executable emacs-lisp'],
  [
    'a.x',
    { attributes: { ...plain, generated: true, vendored: true, excluded: true } },
    'file text non-executable generated vendored excluded',
  ],
] as const)('%s %j is %s', (path, around, expected) => {
  expect(types(path, around)).toBe(expected);
});

test.each([
  ['nothing', '', 'ascii-compatible', null],
  ['text', 'hello', 'ascii-compatible', null],
  ['a NUL', 'a\0b', 'binary', null],
  ['a NUL behind the first 8 KiB', `${'a'.repeat(8192)}\0`, 'ascii-compatible', null],
  ['a shell', '#!/bin/sh\nx', 'ascii-compatible', 'sh'],
  ['an interpreter of env, with version', '#!/usr/bin/env python3.12\n', 'ascii-compatible', 'python'],
  ['env with options', '#! /usr/bin/env -S A=1 node --flag\r\n', 'ascii-compatible', 'node'],
  ['nothing behind the mark', '#!\n', 'ascii-compatible', null],
])('the first bytes of %s', (_, content, encoding, interpreter) => {
  expect(sniffContent(Buffer.from(content))).toEqual({ encoding, interpreter });
});

test('a byte order mark makes UTF-16 of what looks binary', () => {
  expect(sniffContent(Buffer.from('\ufeffab', 'utf16le')).encoding).toBe('utf-16');
  expect(sniffContent(Buffer.from('\ufeffab', 'utf16le').swap16()).encoding).toBe('utf-16');
  expect(sniffContent(Buffer.from('ab', 'utf16le')).encoding).toBe('binary');
});

/** Golden: a changed row changes cached results, so it has to be seen, and the version raised. */
test('the tables, row by row', async () => {
  const rows = (table: ReadonlyMap<string, readonly string[]>) =>
    [...table].map(([key, words]) => `${key}: ${words.join(' ')}`).sort();
  await expect(
    `${[`version ${fileTypesVersion}`, ...rows(typesByExtension), '', ...rows(typesByName), '', ...rows(typesByInterpreter)].join('\n')}\n`,
  ).toMatchFileSnapshot('file-types.golden.txt');
});
