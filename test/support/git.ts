/**
 * Throw-away git repositories for tests: real git, no configuration of the machine, fixed author and dates.
 * `await using repository = createRepository()` removes it at the end of the test.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface RepositoryOptions {
  /** `sha1` unless said otherwise. */
  readonly objectFormat?: 'sha1' | 'sha256';
  readonly bare?: boolean;
  /** Use this directory instead of a new one. */
  readonly directory?: string;
}

export interface TestRepository extends AsyncDisposable {
  /** Absolute, without symbolic links. */
  readonly directory: string;
  /** An environment without the git configuration of this machine. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs git, answers its standard output without the final line break. */
  git(...args: readonly string[]): string;
  /** Writes a file of the work tree. */
  write(path: string | Buffer, content: string | Buffer, options?: { readonly executable?: boolean }): void;
  link(path: string, target: string): void;
  /** Writes and stages. */
  stage(files: Readonly<Record<string, string | Buffer>>): void;
  /** Stages content under any bytes as its name, without touching the work tree. */
  stageBytes(path: Buffer, content: string | Buffer, mode?: string): void;
  /** Commits what is staged, answers the commit id. */
  commit(message?: string): string;
  /** Stages and commits. */
  commitFiles(files: Readonly<Record<string, string | Buffer>>, message?: string): string;
}

/** Makes an empty repository on the branch `main`. */
export function createRepository(options: RepositoryOptions = {}): TestRepository {
  const directory = realpathSync(options.directory ?? mkdtempSync(join(tmpdir(), 'omnibase-test-repository-')));
  const environment = isolatedEnvironment(directory);
  const git = (...args: readonly string[]) => run(directory, environment, args);
  const format = `--object-format=${options.objectFormat ?? 'sha1'}`;
  git('init', '--quiet', '--initial-branch=main', format, ...(options.bare === true ? ['--bare'] : []), '.');
  return repositoryAt(directory, environment);
}

/** A helper for a repository that exists: a linked worktree, a clone. */
export function repositoryAt(directory: string, environment = isolatedEnvironment(directory)): TestRepository {
  const git = (...args: readonly string[]) => run(directory, environment, args);
  const repository: TestRepository = {
    directory,
    environment,
    git,
    write(path, content, { executable = false } = {}) {
      const file = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(path)]);
      mkdirSync(dirname(join(directory, path.toString())), { recursive: true });
      writeFileSync(file, content);
      if (executable) chmodSync(file, 0o755);
    },
    link(path, target) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      symlinkSync(target, join(directory, path));
    },
    stage(files) {
      for (const [path, content] of Object.entries(files)) repository.write(path, content);
      git('add', '--force', '--', ...Object.keys(files).map((path) => `:(literal)${path}`));
    },
    stageBytes(path, content, mode = '100644') {
      const blob = run(directory, environment, ['hash-object', '-w', '--stdin'], Buffer.from(content));
      const record = Buffer.concat([Buffer.from(`${mode} ${blob}\t`), path, Buffer.of(0)]);
      run(directory, environment, ['update-index', '-z', '--index-info'], record);
    },
    commit(message = 'change') {
      git('commit', '--quiet', '--allow-empty', '--no-verify', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    commitFiles(files, message) {
      repository.stage(files);
      return repository.commit(message);
    },
    async [Symbol.asyncDispose]() {
      // Exports inside it are read-only folders, which only root can empty as they are.
      execFileSync('chmod', ['-R', 'u+rwX', directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return repository;
}

function run(directory: string, environment: NodeJS.ProcessEnv, args: readonly string[], input?: Buffer): string {
  const options = { cwd: directory, env: environment, maxBuffer: 256 * 1024 * 1024 };
  const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] as const;
  const output = execFileSync('git', [...args], { ...options, stdio: [...stdio], ...(input && { input }) });
  return output.toString('utf8').replace(/\n$/, '');
}

function isolatedEnvironment(directory: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(inherited),
    HOME: directory,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
    GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
    // Submodules of tests are local directories.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'protocol.file.allow',
    GIT_CONFIG_VALUE_0: 'always',
  };
}
