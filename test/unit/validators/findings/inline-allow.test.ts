/** Comments that allow a finding. */
import { expect, test } from 'vitest';
import { findingsOf } from '../builtin/checking.ts';

const yaml = (comment: string, around = {}) => findingsOf('yaml', `a: 1\na: 2 # ${comment}\n`, around)[0];

test.each([
  ['the rule', 'omnibase-allow yaml/duplicate-key -- both are read', 'both are read'],
  ['its validator', 'omnibase-allow yaml -- known', 'known'],
  ['one of several rules', 'omnibase-allow json/syntax, yaml/duplicate-key -- known', 'known'],
  ['a second comment', 'omnibase-allow json -- no omnibase-allow yaml -- known', null],
])('a comment that names %s', (_, comment, reason) => {
  const finding = yaml(comment);
  if (reason === null) expect(finding?.suppressed).toBeUndefined();
  else expect(finding).toMatchObject({ severity: 'error', suppressed: { by: 'inline', reason } });
});

test.each([
  ['another rule', 'omnibase-allow yaml/syntax -- known'],
  ['a longer name', 'omnibase-allow yam -- known'],
  ['nothing', 'omnibase-allow'],
])('a comment that names %s changes nothing', (_, comment) => {
  expect(yaml(comment)).toMatchObject({ severity: 'error' });
  expect(yaml(comment)?.suppressed).toBeUndefined();
});

test('without a reason the finding stays, as a warning', () => {
  const finding = yaml('omnibase-allow yaml');
  expect(finding).toMatchObject({ severity: 'warning', message: expect.stringContaining('without a reason') });
  expect(finding?.suppressed).toBeUndefined();
});

test('the line before counts, the one after does not', () => {
  const before = findingsOf('yaml', 'a: 1\n# omnibase-allow yaml -- known\na: 2\n')[0];
  expect(before?.suppressed).toEqual({ by: 'inline', reason: 'known' });
  const after = findingsOf('yaml', 'a: 1\na: 2\n# omnibase-allow yaml -- known\n')[0];
  expect(after?.suppressed).toBeUndefined();
});

test('the end of the comment is no part of the reason', () => {
  const content = '<!-- omnibase-allow trailing-whitespace -- layout -->\nx \n';
  expect(findingsOf('trailing-whitespace', content)[0]?.suppressed).toEqual({ by: 'inline', reason: 'layout' });
});

test('a required validator does not listen', () => {
  expect(yaml('omnibase-allow yaml -- known', { required: true })?.suppressed).toBeUndefined();
});
