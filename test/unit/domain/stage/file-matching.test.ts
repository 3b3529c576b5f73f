import { describe, expect, it } from 'vitest';
import type { ComponentSettings, StageEntry } from '../../../../contracts/stage.ts';
import { type FileFilter, fileMatcher } from '../../../../domain/stage/file-matching.ts';
import { entry } from './builders.ts';

const cases: readonly [string, FileFilter, Pick<ComponentSettings, 'files' | 'exclude'>, StageEntry, boolean][] = [
  ['everything by default', {}, {}, entry('x/.hidden'), true],
  ['globs', { files: ['*.json'] }, {}, entry('x/a.json'), true],
  ['other globs', { files: ['*.json'] }, {}, entry('a.yaml'), false],
  ['exclude wins', { files: ['*.json'], exclude: ['gen/**'] }, {}, entry('gen/a.json'), false],
  ['configured files replace', { files: ['*.json'] }, { files: ['*.yaml'] }, entry('a.json'), false],
  ['configured exclude replaces', { exclude: ['a.json'] }, { exclude: ['b.json'] }, entry('a.json'), true],
  ['all types', { types: ['text', 'json'] }, {}, entry('a', { types: ['file', 'text', 'json'] }), true],
  ['not all types', { types: ['text', 'json'] }, {}, entry('a', { types: ['file', 'text'] }), false],
  ['any type', { types_any: ['yaml', 'json'] }, {}, entry('a', { types: ['json'] }), true],
  ['no such type', { types_any: ['yaml', 'json'] }, {}, entry('a', { types: ['toml'] }), false],
  ['deleted', {}, {}, entry('a', { status: 'deleted' }), false],
  ['deleted, accepted', { accepts: ['deleted'] }, {}, entry('a', { status: 'deleted' }), true],
  ['gitlink', {}, {}, entry('a', { kind: 'gitlink' }), false],
  ['gitlink, accepted', { accepts: ['gitlink'] }, {}, entry('a', { kind: 'gitlink' }), true],
  ['symlink', {}, {}, entry('a', { kind: 'symlink' }), false],
  ['symlink, accepted', { accepts: ['symlink'] }, {}, entry('a', { kind: 'symlink' }), true],
  ['binary', {}, {}, entry('a', { types: ['file', 'binary'] }), false],
  ['binary, accepted', { accepts: ['binary'] }, {}, entry('a', { types: ['file', 'binary'] }), true],
  [
    'a deleted binary only needs deleted',
    { accepts: ['deleted'] },
    {},
    entry('a', { status: 'deleted', types: ['binary'] }),
    true,
  ],
  ['executable', {}, {}, entry('a', { kind: 'executable' }), true],
];

describe('file matching', () => {
  it.each(cases)('%s', (_, filter, settings, file, expected) => {
    expect(fileMatcher(filter, settings)(file)).toBe(expected);
  });

  it('matches the exact bytes of a path that is not UTF-8', () => {
    const file = entry('\uFFFD.txt', { path_bytes: Buffer.from([0xff, 0x2e, 0x74, 0x78, 0x74]).toString('base64') });
    expect(fileMatcher({ files: ['?.txt'] })(file)).toBe(true);
    expect(fileMatcher({ files: ['\uFFFD.txt'] })(file)).toBe(false);
  });
});
