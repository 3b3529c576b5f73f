/**
 * Real children of every kind: well-behaved, hanging, deaf, forking away, greedy, lying. Each gets its result, and
 * nothing of it is left running.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {
  ComponentStepResult,
  PlannedComponent,
  PlannedEntrypoint,
  StageEntry,
  StageSnapshot,
} from '../../../../contracts/stage.ts';
import { listEntries, takeSnapshot } from '../../../../validators/git/index.ts';
import { runCommand } from '../../../../validators/runner/command/run-command.ts';
import { type ChildRegister, createChildRegister } from '../../../../validators/runner/processes/child-register.ts';
import { processesWith } from '../../../support/cli.ts';
import { createRepository, type TestRepository } from '../../../support/git.ts';

let repository: TestRepository;
let snapshot: StageSnapshot;
let entries: readonly StageEntry[];
let folder: string;
let register: ChildRegister;
/** Part of the command line of every child of one test, by which leftovers are found. */
let mark: string;
let marks = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'omnibase-command-'));
  register = createChildRegister(path.join(folder, 'children'));
  repository = createRepository();
  repository.stage({
    'a.txt': 'staged\n',
    'dir/b.txt': 'second\n',
    'rules/check.sh': 'grep -nH ^staged "$@" && exit 1; exit 0\n',
    '-dash.txt': 'dash\n',
  });
  repository.write('a.txt', 'work tree\n');
  snapshot = await takeSnapshot({
    directory: repository.directory,
    environment: repository.environment,
    stage: 'pre-commit',
  });
  entries = (await listEntries(snapshot)).entries;
});

beforeEach(() => {
  marks += 1;
  mark = `omnibase-child-${process.pid}-${marks}`;
});

afterAll(async () => {
  register.close();
  await repository[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a plain command', () => {
  it('sees the staged content, not the work tree', async () => {
    const result = await run({ program: 'sh', args: ['rules/check.sh', '{files}'], parse: 'unix' });
    expect(result).toMatchObject({
      status: 'fail',
      findings: [{ path: 'a.txt', line: 1, message: 'staged' }],
      files_checked: 4,
    });
  });

  it('gets a leading dash as a path and its own scratch folders', async () => {
    const result = await run({
      program: 'sh',
      args: ['-c', 'ls "$HOME" "$TMPDIR" >&2; printf "%s\n" "$@" >&2; exit 1', 'sh', '{files}'],
    });
    expect(result.findings[0]?.message).toContain('./-dash.txt');
  });

  it('that is missing is NE006, one that is not executable too', async () => {
    expect(await run({ program: 'no-such-program-here', args: [] })).toMatchObject({
      status: 'error',
      errors: [{ code: 'NE006' }],
      exit_status: null,
    });
    expect(await run({ program: './a.txt', args: [] })).toMatchObject({ status: 'error', errors: [{ code: 'NE006' }] });
  });

  it('that dies by a signal is NE001', async () => {
    expect(await run({ program: 'sh', args: ['-c', 'kill -SEGV $$'] })).toMatchObject({
      errors: [{ code: 'NE001' }],
      exit_status: { code: null, signal: 'SIGSEGV' },
    });
  });

  it('that writes into the shared export is NE010 and names the file', async () => {
    const result = await run({ program: 'sh', args: ['-c', 'chmod u+w a.txt && echo x >> a.txt && chmod 444 a.txt'] });
    expect(result).toMatchObject({ status: 'error', errors: [{ code: 'NE010', details: { paths: ['a.txt'] } }] });
  });
});

describe('a command that does not end', () => {
  it('is stopped at its time limit', async () => {
    const result = await run({ program: 'bash', args: ['-c', `exec -a ${mark} sleep 60`] }, { timeout_ms: 300 });
    expect(result).toMatchObject({ status: 'error', errors: [{ code: 'NE004' }] });
    expect(await processesWith(mark)).toEqual([]);
  });

  it('is killed when it does not listen to SIGTERM', async () => {
    const result = await run(
      {
        program: 'bash',
        args: ['-c', `trap '' TERM; (trap '' TERM; exec -a ${mark} sleep 60) & wait; exec -a ${mark} sleep 60`],
      },
      { timeout_ms: 300 },
    );
    expect(result).toMatchObject({ errors: [{ code: 'NE004' }] });
    expect(await processesWith(mark)).toEqual([]);
    expect(result.duration_ms).toBeLessThan(6000);
  });

  it('rejects with the reason when it is cancelled, and leaves nothing', async () => {
    const abort = new AbortController();
    const running = run({ program: 'bash', args: ['-c', `exec -a ${mark} sleep 60`] }, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('stop it')), 200);
    await expect(running).rejects.toThrow('stop it');
    expect(await processesWith(mark)).toEqual([]);
  });
});

describe('descendants', () => {
  it('that moved to a session of their own are found by their token', async () => {
    const result = await run({
      program: 'bash',
      args: ['-c', `setsid bash -c 'exec -a ${mark} sleep 60' >/dev/null 2>&1 & sleep 0.2; exit 0`],
    });
    expect(result.status).toBe('pass');
    expect(await processesWith(mark)).toEqual([]);
  });

  it('that keep standard output open do not delay a complete answer', async () => {
    const result = await run({ program: 'bash', args: ['-c', `(exec -a ${mark} sleep 60) & exit 0`] });
    expect(result.status).toBe('pass');
    expect(result.duration_ms).toBeLessThan(3000);
    expect(await processesWith(mark)).toEqual([]);
  });
});

describe('limits', () => {
  it('more than 16 MiB on standard output is NE003', async () => {
    expect(await run({ program: 'sh', args: ['-c', 'yes'] })).toMatchObject({
      status: 'error',
      errors: [{ code: 'NE003' }],
    });
  });

  it('memory of the group is NE008', async () => {
    const eater = `import time\nheld = bytearray(200 * 1024 * 1024)\nfor i in range(0, len(held), 4096): held[i] = 1\ntime.sleep(30)`;
    const result = await run({ program: 'python3', args: ['-c', eater] }, { memory_mb: 64 });
    expect(result).toMatchObject({ status: 'error', errors: [{ code: 'NE008' }] });
  });

  it('number of processes is NE009', async () => {
    const result = await run(
      { program: 'bash', args: ['-c', `for i in $(seq 20); do (exec -a ${mark} sleep 30) & done; wait`] },
      { pids: 8 },
    );
    expect(result).toMatchObject({ status: 'error', errors: [{ code: 'NE009' }] });
    expect(await processesWith(mark)).toEqual([]);
  });
});

describe('a protocol validator', () => {
  const json = { input: 'stdin-json', output: 'json' } as const;

  it('reads the request and is believed', async () => {
    const script = [
      'import json,sys',
      'r=json.load(sys.stdin)',
      'f=[{"rule":"v/x","severity":"error","message":open(r["root"]+"/"+x["path"]).read().strip(),"path":x["path"],"line":1} for x in r["files"] if x["path"]=="a.txt"]',
      'print(json.dumps({"type":"progress","text":"working"}))',
      'print(json.dumps({"type":"result","protocol":r["protocol"],"request_id":r["request_id"],"status":"fail","findings":f,"output":{"n":len(r["files"])}}))',
    ].join('\n');
    const result = await run({ program: 'python3', args: ['-c', script], ...json });
    expect(result).toMatchObject({
      status: 'fail',
      findings: [{ path: 'a.txt', message: 'staged' }],
      output: { n: 4 },
    });
  });

  it('that prints garbage is NE003, exit 4, and is quoted', async () => {
    const result = await run({ program: 'echo', args: ['hello'], ...json });
    expect(result).toMatchObject({ status: 'error', errors: [{ code: 'NE003', details: { quote: 'hello\n' } }] });
  });

  it('that closes its input unread is no trouble', async () => {
    const result = await run({ program: 'sh', args: ['-c', 'exec 0<&-; echo "{}"'], ...json });
    expect(result).toMatchObject({ errors: [{ code: 'NE003' }] });
  });

  it('never gives a secret away', async () => {
    const environment = { ...process.env, DEPLOY_TOKEN: 'very-secret-value' };
    const result = await run(
      { program: 'sh', args: ['-c', 'echo "token $DEPLOY_TOKEN" >&2; exit 7'] },
      { environment, names: ['DEPLOY_TOKEN'] },
    );
    expect(JSON.stringify(result)).not.toContain('very-secret-value');
    expect(result.messages).toEqual(['token [redacted:DEPLOY_TOKEN]']);
  });
});

it('leaves no export and no scratch folder behind', async () => {
  expect(await readdir(path.join(folder, 'work'))).toEqual([]);
  expect(await readdir(path.join(folder, 'children'))).toEqual([]);
});

type CommandEntrypoint = Extract<PlannedEntrypoint, { kind: 'command' }>;
type CommandWords = Pick<CommandEntrypoint, 'program' | 'args'> & Partial<CommandEntrypoint>;

interface RunOptions {
  readonly timeout_ms?: number;
  readonly memory_mb?: number;
  readonly pids?: number;
  readonly signal?: AbortSignal;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly names?: readonly string[];
}

function run(entrypoint: CommandWords, options: RunOptions = {}): Promise<ComponentStepResult> {
  return runCommand(
    {
      component: component(entrypoint, options),
      step_id: 's1',
      timeout_ms: options.timeout_ms ?? 20_000,
      snapshot,
      entries,
      run: { run_id: 'r', stage: 'ci', correlation_id: 'c', attempt: 1 },
      signal: options.signal ?? new AbortController().signal,
      progress: () => undefined,
    },
    { directory: path.join(folder, 'work'), environment: options.environment ?? process.env, register },
  );
}

function component(entrypoint: CommandWords, { memory_mb = 256, pids = 64, names = [] }: RunOptions): PlannedComponent {
  return {
    component: {
      uuid: '00000000-0000-4000-8000-000000000001',
      namespace: 'n',
      name: 'v',
      version: '1.0.0',
      spec: null,
      lifecycle: 'active',
      source: 'api',
      fingerprint: 'f',
      implementation: null,
      selected_by: 'preset',
    },
    type: 'validator',
    enforcement: 'standard',
    entrypoint: {
      kind: 'command',
      input: 'args',
      output: 'text',
      pass_codes: [0],
      fail_codes: [1],
      parse: 'text',
      ...entrypoint,
    },
    scope: 'batch',
    mode: 'read',
    idempotent: true,
    attempts: 1,
    timeout_ms: 20_000,
    resources: { memory_mb, cpu: 1, disk_mb: 1024, pids },
    options: {},
    needs: [],
    rules: {},
    expected_result: null,
    environment: names,
    level: 0,
    weight: null,
  };
}
