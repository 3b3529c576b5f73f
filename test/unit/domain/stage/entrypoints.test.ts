import { describe, expect, it } from 'vitest';
import type { ComponentMetadata, Entrypoint } from '../../../../contracts/component.ts';
import { executionSettings, planEntrypoint } from '../../../../domain/stage/entrypoints.ts';
import { record } from './builders.ts';

const plain = { kind: 'command', program: 'p', args: [] } as const;
const planned = { input: 'args', output: 'text', pass_codes: [0], fail_codes: [1], parse: 'text' };

function planOf(entrypoint: Entrypoint | undefined, changes: Partial<ComponentMetadata> = {}) {
  const { metadata } = record('x', changes);
  const { entrypoint: _, ...rest } = metadata;
  return planEntrypoint(entrypoint === undefined ? rest : { ...rest, entrypoint });
}

describe('entrypoints', () => {
  it.each<[string, Entrypoint, Partial<ComponentMetadata>, object]>([
    ['builtin', { kind: 'builtin', id: 'json' }, {}, { kind: 'builtin', id: 'json' }],
    ['plain command', plain, {}, { ...plain, ...planned }],
    [
      'protocol command',
      { ...plain, protocol: 'omnibase.validator/1' },
      {},
      { ...plain, ...planned, input: 'stdin-json', output: 'json' },
    ],
    [
      'own words win over extensions',
      { ...plain, input: 'none', output: 'none', pass_codes: [0, 3], fail_codes: [2], parse: 'unix' },
      { x_extensions: { omnibase: { pass_codes: [9], fail_codes: [8], parse: 'text' } } },
      { ...plain, input: 'none', output: 'none', pass_codes: [0, 3], fail_codes: [2], parse: 'unix' },
    ],
    [
      'extensions fill in',
      plain,
      { x_extensions: { omnibase: { pass_codes: [9], fail_codes: [8], parse: 'unix' } } },
      { ...plain, ...planned, pass_codes: [9], fail_codes: [8], parse: 'unix' },
    ],
  ])('%s', (_, entrypoint, changes, expected) => {
    expect(planOf(entrypoint, changes)).toEqual({ supported: true, entrypoint: expected, note: null });
  });

  it('reads an output it does not know as text and says so', () => {
    expect(planOf({ ...plain, parse: 'sarif' })).toEqual({
      supported: true,
      entrypoint: { ...plain, ...planned },
      note: 'its output is shown as text: this release does not read sarif',
    });
  });

  it.each<[string, Entrypoint | undefined, Partial<ComponentMetadata>, RegExp]>([
    ['foreign', { kind: 'foreign', runtime: 'python', target: 'x.py' }, {}, /python code; wrap it as a command/],
    ['node', { kind: 'node', target: './x.js' }, {}, /does not run entrypoints of kind node/],
    ['remote', { kind: 'remote', url: 'https://x', sha256: 'a'.repeat(64) }, {}, /kind remote/],
    ['nothing', undefined, {}, /no entrypoint/],
    ['container wanted', plain, { isolation: 'container' }, /never used instead/],
  ])('refuses %s', (_, entrypoint, changes, reason) => {
    expect(planOf(entrypoint, changes)).toEqual({ supported: false, reason: expect.stringMatching(reason) });
  });

  it('passes over extensions of a wrong shape', () => {
    const none = { pass_codes: null, fail_codes: null, parse: null, after: [] };
    expect(executionSettings({ x_extensions: {} })).toEqual(none);
    expect(executionSettings({ x_extensions: { omnibase: [] } })).toEqual(none);
    expect(executionSettings({ x_extensions: { omnibase: null } })).toEqual(none);
    const wrong = { pass_codes: [256], fail_codes: 'x', parse: 3, after: [''] };
    expect(executionSettings({ x_extensions: { omnibase: wrong } })).toEqual(none);
    expect(executionSettings({ x_extensions: { omnibase: { after: ['a'] } } }).after).toEqual(['a']);
  });
});
