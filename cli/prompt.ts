/** Questions to the person at the terminal; scripts say `--yes` instead. */
import { createInterface } from 'node:readline/promises';
import { usageError } from './arguments/usage.ts';
import type { CommandContext } from './command.ts';

/**
 * Asks yes or no on stderr; anything but yes means no.
 *
 * @throws OB002 where nobody can answer, naming `--yes`
 */
export async function confirm({ io }: CommandContext, question: string): Promise<boolean> {
  if (io.stdin.isTTY !== true || !io.stderr.isTerminal)
    throw usageError(`${question} Nobody can answer here`, 'add --yes to go ahead');
  const reader = createInterface({ input: io.stdin, output: process.stderr });
  try {
    const answer = await reader.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
