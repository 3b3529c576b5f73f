/** Completion scripts are tried in the shells themselves where they are installed; bash always is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandTable } from '../../../cli/command-table.ts';
import { bashScript, zshScript } from '../../../cli/completion/bash.ts';
import { type CompletionEntry, completionEntries } from '../../../cli/completion/entries.ts';
import { fishScript } from '../../../cli/completion/fish.ts';

let entries: readonly CompletionEntry[];
beforeAll(async () => {
  entries = await completionEntries(commandTable);
});

/** What bash offers for the words of a line, the last one being typed. */
function offered(...words: string[]): string[] {
  const script = `${bashScript(entries)}\nCOMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=(); _omnibase; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8', cwd: '/' })
    .trim()
    .split('\n');
}

describe('bash', () => {
  it.each([
    [['omnibase', 'reg'], ['registry']],
    [
      ['omnibase', 'registry', ''],
      ['add', 'ls', 'search', 'get', 'update', 'rm', 'sync'],
    ],
    [['omnibase', 'registry', 'ls', '--js'], ['--json']],
    [['omnibase', 'registry', 'add', '--dr'], ['--dry-run']],
    [['omnibase', 'orch', '--sta'], ['--stage']],
    [['omnibase', 'orch', 'sh'], ['show']],
    [
      ['omnibase', 'orch', '--profile', ''],
      ['fast', 'ci', 'full'],
    ],
    [
      ['omnibase', 'list', '--format', 'j'],
      ['json', 'jsonl'],
    ],
    [['omnibase', '--format', 'json', 'hook', 'un'], ['uninstall']],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  it('offers files where nothing else fits', () => {
    expect(offered('omnibase', 'registry', 'add', 'et')).toEqual(['etc']);
  });
});

it('zsh and fish scripts name every command', () => {
  for (const [shell, script] of [
    ['zsh', zshScript(entries)],
    ['fish', fishScript(entries)],
  ] as const) {
    for (const { path } of entries) for (const word of path.split(' ')) expect(script).toContain(word);
    const installed = spawnSync(shell, ['--version']).status === 0;
    if (installed) expect(spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0 });
  }
});
