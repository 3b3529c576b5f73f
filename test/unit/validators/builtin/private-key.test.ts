/** Private keys: found in every common form, never repeated in a finding. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { findingsOf, placesOf } from './checking.ts';

/** Written in parts, so that this file holds no header itself. */
const header = (kind: string) => `${'-'.repeat(5)}BEGIN ${kind}${'-'.repeat(5)}`;
const age = ['AGE', 'SECRET', `KEY-1${'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.repeat(2).slice(0, 58)}`].join('-');

test.each([
  ...['RSA ', 'DSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ', '', 'SSH2 ENCRYPTED '].map((kind) => [
    `${kind}key`,
    `x\n ${header(`${kind}PRIVATE KEY`)}\n`,
    ['pem@2:2'],
  ]),
  ['PGP block', `${header('PGP PRIVATE KEY BLOCK')}\n`, ['pem@1:1']],
  ['SSH2', `${'-'.repeat(4)} BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n`, ['pem@1:1']],
  ['OpenVPN', `${header('OpenVPN Static key V1')}\n`, ['pem@1:1']],
  ['PuTTY', ['PuTTY', 'User', 'Key', 'File', '3: ssh-ed25519\n'].join('-'), ['putty@1:1']],
  ['age', `# key\n${age}\n`, ['age@2:1']],
  ['two on one line', `ü${age} ${age}\n`, ['age@1:2', 'age@1:77']],
  ['a public key', `${header('PUBLIC KEY')}\n`, []],
  ['words about keys', 'the PRIVATE KEY goes here\n', []],
])('finds %s', (_, content, expected) => {
  expect(placesOf('private-key', content)).toEqual(expected);
});

test('carries kind, place and the last two characters, nothing else of the key', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const body = privateKey.split('\n').slice(1, -2).join('').replace(/=+$/, '');
  const [finding] = findingsOf('private-key', privateKey);
  expect(finding?.message).toBe(`RSA PRIVATE KEY ending in ${body.slice(-2)}`);
  expect(findingsOf('private-key', age)[0]?.message).toBe(`age secret key ending in ${age.slice(-2)}`);
  const escaped = privateKey.replaceAll('\n', '\\n');
  expect(findingsOf('private-key', `{"key": "${escaped}"}`)[0]?.message).toContain('ending in');
  const all = JSON.stringify(findingsOf('private-key', `${privateKey}${age}`));
  for (const part of [body.slice(0, 12), body.slice(-12), age.slice(-12)]) expect(all).not.toContain(part);
});

test('a header without its end still counts, without guessing at an ending', () => {
  const content = `${header('EC PRIVATE KEY')}\nMHcCAQEE\n`;
  expect(findingsOf('private-key', content)[0]?.message).toBe('EC PRIVATE KEY');
});

test('paths may be allowed', () => {
  const options = { allow: ['test/**'] };
  expect(placesOf('private-key', header('PRIVATE KEY'), { path: 'test/key.pem', options })).toEqual([]);
  expect(placesOf('private-key', header('PRIVATE KEY'), { path: 'src/key.pem', options })).toEqual(['pem@1:1']);
});
