import { expect, it } from 'vitest';
import { storableJson, storableText } from '../../../../db/stores/registration/projector/storable-json.ts';

it.each([
  ['plain values', { a: [1, true, null, 'text'] }, { a: [1, true, null, 'text'] }],
  ['NUL in a value', { a: 'x\0y' }, { a: 'x\ufffdy' }],
  ['NUL in a name', { 'x\0y': [{ '\0': 1 }] }, { 'x\ufffdy': [{ '\ufffd': 1 }] }],
  ['half a surrogate pair', ['\ud83d', '\udc00 end'], ['\ufffd', '\ufffd end']],
  ['whole pairs', ['\u{1f600}'], ['\u{1f600}']],
  ['what only looks like an escape', ['\\u0000', '\\ud800'], ['\\u0000', '\\ud800']],
])('stores %s', (_what, value, stored) => {
  expect(JSON.parse(storableJson(value))).toEqual(stored);
});

it('leaves text alone that Postgres can store', () => {
  expect(storableText('ä \u{1f600} \n')).toBe('ä \u{1f600} \n');
});
