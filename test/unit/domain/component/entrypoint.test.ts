import { describe, expect, it } from 'vitest';
import { normalise } from '../../../../domain/component/normalise.ts';
import { changed, documentA, documentB, issuesOf, modelOf } from './documents.ts';

const sha256 = 'ab'.repeat(32);
const image = `registry.example/team/name@sha256:${sha256}`;

describe('an entrypoint', () => {
  // Each kind in every form registry.md 2.5 gives it.
  it.each([
    ['builtin:trailing-space', { kind: 'builtin', id: 'trailing-space' }],
    ['builtin@trailing-space', { kind: 'builtin', id: 'trailing-space' }],
    [
      { kind: 'builtin', id: 'x' },
      { kind: 'builtin', id: 'x' },
    ],
    [
      { type: 'builtin', target: 'x' },
      { kind: 'builtin', id: 'x' },
    ],
    ['rules/check.js', { kind: 'node', target: './rules/check.js#default' }],
    ['./rules/./a/../check.mjs#run', { kind: 'node', target: './rules/check.mjs#run' }],
    ['x.cjs', { kind: 'node', target: './x.cjs#default' }],
    ['x.ts', { kind: 'node', target: './x.ts#default' }],
    ['node@x.js#$a_1', { kind: 'node', target: './x.js#$a_1' }],
    ['module@x.js', { kind: 'node', target: './x.js#default' }],
    [
      { kind: 'module', target: './x.js' },
      { kind: 'node', target: './x.js#default' },
    ],
    ['npm:@scope/pkg/sub@^1.2#run', { kind: 'package', target: '@scope/pkg/sub#run', version_spec: '^1.2' }],
    ['npm:pkg', { kind: 'package', target: 'pkg#default', version_spec: '*' }],
    ['npm:@scope/pkg', { kind: 'package', target: '@scope/pkg#default', version_spec: '*' }],
    ['npm:pkg@', { kind: 'package', target: 'pkg#default', version_spec: '*' }],
    ['package@pkg@1.x', { kind: 'package', target: 'pkg#default', version_spec: '1.x' }],
    [
      { kind: 'package', target: 'pkg#a', version_spec: '~1.0' },
      { kind: 'package', target: 'pkg#a', version_spec: '~1.0' },
    ],
    ['scripts/check.sh', { kind: 'command', program: 'scripts/check.sh', args: [] }],
    ['eslint', { kind: 'command', program: 'eslint', args: [] }],
    ['bin/.hidden/eslint', { kind: 'command', program: 'bin/.hidden/eslint', args: [] }],
    ['cli@eslint', { kind: 'command', program: 'eslint', args: [] }],
    ['command@a.py', { kind: 'command', program: 'a.py', args: [] }],
    [
      { type: 'cli', target: 'eslint' },
      { kind: 'command', program: 'eslint', args: [] },
    ],
    [
      {
        kind: 'command',
        program: '/opt/my tools/lint',
        args: ['', ' --fix ', '{files}'],
        input: 'args',
        output: 'text',
        pass_codes: [2, 0, 2],
        fail_codes: [1],
        parse: 'unix',
      },
      {
        kind: 'command',
        program: '/opt/my tools/lint',
        args: ['', ' --fix ', '{files}'],
        input: 'args',
        output: 'text',
        pass_codes: [0, 2],
        fail_codes: [1],
        parse: 'unix',
      },
    ],
    [
      { kind: 'command', program: 'x', protocol: 'omnibase.validator/1' },
      { kind: 'command', program: 'x', args: [], protocol: 'omnibase.validator/1' },
    ],
    [
      { kind: 'remote', url: 'https://example.org/x.js', sha256: sha256.toUpperCase() },
      { kind: 'remote', url: 'https://example.org/x.js', sha256 },
    ],
    [
      { kind: 'container', image },
      { kind: 'container', image },
    ],
    [`docker@${image}`, { kind: 'container', image }],
    [
      { type: 'docker', target: image },
      { kind: 'container', image },
    ],
    ['tool/main.py', { kind: 'foreign', runtime: 'python', target: 'tool/main.py' }],
    ['main.rb', { kind: 'foreign', runtime: 'ruby', target: 'main.rb' }],
    ['python@main.py', { kind: 'foreign', runtime: 'python', target: 'main.py' }],
    ['Elixir@main.exs', { kind: 'foreign', runtime: 'elixir', target: 'main.exs' }],
    [
      { type: 'python', target: 'pkg.module:run' },
      { kind: 'foreign', runtime: 'python', target: 'pkg.module:run' },
    ],
    [
      { kind: 'foreign', runtime: 'haskell', target: 'Main.hs' },
      { kind: 'foreign', runtime: 'haskell', target: 'Main.hs' },
    ],
    [
      { kind: 'node', type: 'node', target: 'x.js' },
      { kind: 'node', target: './x.js#default' },
    ],
    [
      { kind: null, type: 'node', target: 'x.js' },
      { kind: 'node', target: './x.js#default' },
    ],
  ])('%j is %j', (given, kept) => {
    const model = modelOf(changed(documentA, { entrypoint: given }));
    expect(model.entrypoint).toEqual(kept);
    expect(modelOf(changed(documentA, { entrypoint: model.entrypoint })).entrypoint).toEqual(kept);
    expect(modelOf(changed(documentB, { entrypoint: given })).entrypoint).toEqual(kept);
  });

  it.each([
    ['', 'SC006 entrypoint'],
    [[], 'SC004 entrypoint'],
    ['/etc/x.js', 'SC007 entrypoint.target'],
    ['../x.js', 'SC007 entrypoint.target'],
    ['a/../../x.js', 'SC007 entrypoint.target'],
    ['C:\\x.js', 'SC007 entrypoint.target'],
    ['a\\x.js', 'SC007 entrypoint.target'],
    ['~/x.js', 'SC007 entrypoint.target'],
    ['file:///x.js', 'SC007 entrypoint.target'],
    ['x.js#not a name', 'SC007 entrypoint.target'],
    ['x.js#', 'SC007 entrypoint.target'],
    ['node@dir/', 'SC007 entrypoint.target'],
    ['node@.', 'SC007 entrypoint.target'],
    ['node@', 'SC006 entrypoint.target'],
    ['x.unknown', 'SC007 entrypoint'],
    ['eslint --fix', 'SC007 entrypoint'],
    ['cli@rm -rf /', 'SC007 entrypoint'],
    [{ kind: 'command', program: 'eslint --fix' }, 'SC007 entrypoint.program'],
    [{ kind: 'command', program: 'a|b' }, 'SC007 entrypoint.program'],
    [{ kind: 'command', program: '' }, 'SC006 entrypoint.program'],
    [{ kind: 'command' }, 'SC003 entrypoint.program'],
    [{ kind: 'command', program: 'x', args: 'a b' }, 'SC004 entrypoint.args'],
    [{ kind: 'command', program: 'x', input: 'stdin' }, 'SC005 entrypoint.input'],
    [{ kind: 'command', program: 'x', output: 'xml' }, 'SC005 entrypoint.output'],
    [{ kind: 'command', program: 'x', input: 'stdin-json', output: 'text' }, 'SC002 entrypoint.input'],
    [{ kind: 'command', program: 'x', input: 'args', output: 'json' }, 'SC002 entrypoint.input'],
    [{ kind: 'command', program: 'x', protocol: 'omnibase.validator/1', input: 'args' }, 'SC002 entrypoint.input'],
    [{ kind: 'command', program: 'x', protocol: 'other/1' }, 'SC005 entrypoint.protocol'],
    [{ kind: 'command', program: 'x', pass_codes: [256] }, 'SC006 entrypoint.pass_codes.0'],
    [{ kind: 'command', program: 'x', pass_codes: [0, 1], fail_codes: [1] }, 'SC002 entrypoint.fail_codes'],
    [{ kind: 'command', program: 'x', target: 'y' }, 'SC002 entrypoint.target'],
    ['npm:', 'SC006 entrypoint.target'],
    ['npm:UPPER', 'SC007 entrypoint.target'],
    ['npm:a/../b', 'SC007 entrypoint.target'],
    ['npm:pkg@not a spec', 'SC007 entrypoint.version_spec'],
    ['npm:pkg#1', 'SC007 entrypoint.target'],
    ['https://example.org/x.js', 'SC003 entrypoint.sha256'],
    ['http://example.org/x.js', 'SC007 entrypoint.url'],
    [{ kind: 'remote', url: 'https://ada:secret@example.org/x', sha256 }, 'SC007 entrypoint.url'],
    [{ kind: 'remote', url: 'nonsense', sha256 }, 'SC007 entrypoint.url'],
    [{ kind: 'remote', url: 'https://example.org', sha256: 'abc' }, 'SC007 entrypoint.sha256'],
    [{ kind: 'container', image: 'team/name:latest' }, 'SC007 entrypoint.image'],
    [{ kind: 'foreign', target: 'x' }, 'SC003 entrypoint.runtime'],
    ['python@/etc/x.py', 'SC007 entrypoint.target'],
    [{ kind: 'comand', program: 'x' }, 'SC005 entrypoint.kind'],
    [{ kind: 5 }, 'SC004 entrypoint.kind'],
    [{ kind: 'not a word', target: 'x' }, 'SC005 entrypoint.kind'],
    ['comand@x', 'SC005 entrypoint'],
    [{ kind: 'node', type: 'cli', target: 'x.js' }, 'SC002 entrypoint.type'],
    [{ target: 'x.js' }, 'SC003 entrypoint.kind'],
    [{ kind: 'builtin' }, 'SC003 entrypoint.id'],
  ])('%j is %s', (given, issue) => {
    expect(issuesOf(changed(documentA, { entrypoint: given }))).toContain(issue);
    expect(normalise(changed(documentA, { entrypoint: given })).metadata).toBeNull();
  });

  it('leaves out members it does not know, with a warning', () => {
    const given = { kind: 'command', program: 'x', arg: ['a'] };
    const { metadata, issues } = normalise(changed(documentA, { entrypoint: given }));
    expect(metadata?.entrypoint).toEqual({ kind: 'command', program: 'x', args: [] });
    expect(issues).toMatchObject([{ code: 'SC010', path: 'entrypoint.arg', hint: 'did you mean args?' }]);
  });

  it('suggests a kind for a misspelt word', () => {
    expect(normalise(changed(documentA, { entrypoint: 'comand@x' })).issues[0]).toMatchObject({
      hint: 'did you mean command?',
    });
  });
});
