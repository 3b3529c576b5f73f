/** `omnibase completion SHELL`: prints a completion script. */
import { unknownWord } from '../../arguments/usage.ts';
import { defineCommand } from '../../command.ts';
import { commandTable } from '../../command-table.ts';
import { completionEntries, completionScript, shells } from '../../completion-scripts.ts';

export const command = defineCommand({
  summary: 'print a completion script for the shell',
  operands: '<shell>',
  examples: [
    { line: 'source <(omnibase completion bash)', about: 'bash, for this session' },
    { line: 'source <(omnibase completion zsh)', about: 'zsh, for this session' },
    { line: 'omnibase completion fish > ~/.config/fish/completions/omnibase.fish', about: 'fish, for good' },
  ],
  options: {},
  async run({ io }, [given = '']) {
    const shell = shells.find((candidate) => candidate === given);
    if (shell === undefined) throw unknownWord('shell', given, shells, 'omnibase completion bash|zsh|fish');
    io.stdout.write(completionScript(shell, await completionEntries(commandTable)));
    return 0;
  },
});
