/** `omnibase completion SHELL`: prints a completion script. */
import { unknownWord } from '../../arguments/usage.ts';
import { defineCommand } from '../../command.ts';
import { commandTable } from '../../command-table.ts';
import { bashScript, zshScript } from '../../completion/bash.ts';
import { completionEntries } from '../../completion/entries.ts';
import { fishScript } from '../../completion/fish.ts';

const scripts: ReadonlyMap<string, typeof bashScript> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

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
    const script = scripts.get(given);
    if (script === undefined)
      throw unknownWord('shell', given, [...scripts.keys()], 'omnibase completion bash|zsh|fish');
    io.stdout.write(script(await completionEntries(commandTable)));
    return 0;
  },
});
