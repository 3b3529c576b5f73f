/**
 * The shell text of the hook. It looks for the project's own install, then PATH, then the Node and the
 * program that installed the hook (graphical clients start git without the user's PATH), and passes the
 * exit code on. Plain POSIX shell; it must also work under `sh -e`, as husky runs it.
 */
import { blockEnd, blockStart } from './block.ts';

export interface RecordedProgram {
  /** Absolute path of the Node that ran the installation. */
  readonly node: string;
  /** Absolute path of the program file. */
  readonly program: string;
}

export interface BlockKind {
  /** The whole file is ours: uninstalling removes it. */
  readonly ownFile: boolean;
  /** File name of the hook that was moved aside and is called afterwards, or null. */
  readonly moved: string | null;
}

/** Line inside the block of a file that we created. */
export const ownFileMark = '# This file belongs to OmniBase.';

/** First line of files we create. */
export const shebang = '#!/bin/sh\n';

/** The marked block, ending with a newline. */
export function hookBlock(recorded: RecordedProgram, { ownFile, moved }: BlockKind): string {
  const run = 'orch --stage pre-commit --hook';
  const lines = [
    blockStart,
    ...(ownFile ? [ownFileMark] : []),
    '# Written by `omnibase hook install`; `omnibase hook uninstall` removes it.',
    'omnibase_hook() {',
    '  if [ "${OMNIBASE_HOOK:-1}" = 0 ]; then',
    "    echo 'omnibase: the hook is skipped (OMNIBASE_HOOK=0)' >&2",
    '    return 0',
    '  fi',
    `  omnibase_node=${quote(recorded.node)}`,
    `  omnibase_program=${quote(recorded.program)}`,
    '  if [ -f node_modules/omnibase/dist/omnibase.js ]; then',
    '    [ -x "$omnibase_node" ] || omnibase_node=node',
    `    "$omnibase_node" node_modules/omnibase/dist/omnibase.js ${run}`,
    '  elif command -v omnibase >/dev/null 2>&1 && command -v node >/dev/null 2>&1; then',
    `    omnibase ${run}`,
    '  elif [ -x "$omnibase_node" ] && [ -f "$omnibase_program" ]; then',
    `    "$omnibase_node" "$omnibase_program" ${run}`,
    '  else',
    "    echo 'omnibase: the program was not found' >&2",
    "    echo 'next: npm install --save-dev omnibase, or skip the hook once with OMNIBASE_HOOK=0' >&2",
    '    return 1',
    '  fi',
    '}',
    'omnibase_hook || exit $?',
    ...(moved === null
      ? []
      : [
          `omnibase_moved=$(dirname "$0")/${moved}`,
          'if [ -x "$omnibase_moved" ]; then exec "$omnibase_moved" "$@"; fi',
        ]),
    blockEnd,
  ];
  // The file is handled as latin1; paths may hold any character, so they are put in as their UTF-8 bytes.
  return Buffer.from(`${lines.join('\n')}\n`).toString('latin1');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The entry for the configuration of another hook manager (stages.md 14). */
export function managerEntry(manager: 'lefthook' | 'pre-commit'): { readonly file: string; readonly text: string } {
  if (manager === 'lefthook') {
    return {
      file: 'lefthook.yml',
      text: 'pre-commit:\n  commands:\n    omnibase:\n      run: npx --no-install omnibase orch --stage pre-commit --hook\n',
    };
  }
  const lines = [
    'repos:',
    '  - repo: local',
    '    hooks:',
    '      - id: omnibase',
    '        name: omnibase',
    '        language: system',
    '        entry: npx --no-install omnibase orch --stage pre-commit --hook',
    '        pass_filenames: false',
    '        always_run: true',
  ];
  return { file: '.pre-commit-config.yaml', text: `${lines.join('\n')}\n` };
}
