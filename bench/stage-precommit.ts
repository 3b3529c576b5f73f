/**
 * `omnibase orch --stage pre-commit` over 200 staged files with 5 built-ins on the warm stack, whole process,
 * beside Node's own start and `git diff --cached` as yardsticks. Target: under 1 s (stages.md 16).
 */
import { createReferenceRepository } from './support/reference-repository.ts';
import { interleave, machine, printTable, runProcess } from './support/measure.ts';
import { startBenchStack } from './support/stack.ts';

const builtins = 'trailing-whitespace,json,yaml,merge-conflict,large-files';

async function main(): Promise<void> {
  const repository = createReferenceRepository();
  const stack = await startBenchStack();
  try {
    await stack.omnibase(['init'], { cwd: repository.folder });
    const samples = await interleave([
      { name: 'node -e 0', run: () => runProcess(process.execPath, ['-e', '0']) },
      {
        name: 'git diff --cached --name-only',
        run: () => runProcess('git', ['diff', '--cached', '--name-only'], { cwd: repository.folder }),
      },
      { name: 'omnibase --version', run: () => stack.omnibase(['--version']) },
      {
        name: `omnibase orch --stage pre-commit, ${repository.files} files, 5 built-ins`,
        run: () => stack.omnibase(['orch', '--stage', 'pre-commit', '--only', builtins], { cwd: repository.folder }),
      },
      {
        name: 'omnibase orch --stage pre-commit, all built-ins',
        run: () => stack.omnibase(['orch', '--stage', 'pre-commit'], { cwd: repository.folder }),
      },
    ]);
    process.stdout.write(
      `${machine()}\n${repository.files} staged files, ${(repository.bytes / 2 ** 20).toFixed(2)} MiB\n`,
    );
    printTable(samples);
  } finally {
    await stack.stop();
    repository.remove();
  }
}

await main();
