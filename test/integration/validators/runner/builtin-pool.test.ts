/** The pool of built-ins: real threads on real blobs, and threads that misbehave. */
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { ComponentStepResult, PlannedComponent, StagePlan } from '../../../../contracts/stage.ts';
import { closeObjects, listEntries } from '../../../../validators/git/index.ts';
import { type BuiltinJob, type BuiltinPool, createBuiltinPool } from '../../../../validators/runner/builtin-pool.ts';
import { createRepository, type TestRepository } from '../../../support/git.ts';
import { snapshotOf } from '../git/snapshots.ts';

const pools: BuiltinPool[] = [];

function pool(options: Parameters<typeof createBuiltinPool>[0] = {}): BuiltinPool {
  const created = createBuiltinPool(options);
  pools.push(created);
  return created;
}

const hostilePool = () => pool({ threadEntry: fileURLToPath(new URL('hostile-thread.ts', import.meta.url)) });

afterAll(async () => {
  await Promise.all(pools.map((one) => one.close()));
  closeObjects();
});

type Choice = string | ({ readonly id: string } & Partial<PlannedComponent>);

/** A job of these built-ins on everything that is staged. */
async function jobOf(repository: TestRepository, choices: readonly Choice[]): Promise<BuiltinJob> {
  const snapshot = await snapshotOf(repository);
  const { entries } = await listEntries(snapshot);
  const components = choices.map((choice) => planned(typeof choice === 'string' ? { id: choice } : choice));
  const all = entries.map((_, index) => index);
  const files = Object.fromEntries(components.map(({ component }) => [component.uuid, all]));
  const plan = { snapshot, entries, components } as unknown as StagePlan;
  const step = {
    id: 'step-1',
    kind: 'builtins',
    level: 0,
    batch: 1,
    batches: 1,
    files,
    timeout_ms: 10_000,
    attempts: 1,
    idempotent: true,
  } as const;
  return { plan, step, components, attempt: 2 };
}

function planned({ id, ...changes }: { readonly id: string } & Partial<PlannedComponent>): PlannedComponent {
  return {
    component: { uuid: id, name: id },
    enforcement: 'standard',
    entrypoint: { kind: 'builtin', id },
    timeout_ms: 10_000,
    resources: { memory_mb: 256, cpu: 1, disk_mb: 1024, pids: 64 },
    options: {},
    ...changes,
  } as unknown as PlannedComponent;
}

const signal = () => new AbortController().signal;
const byId = (results: readonly ComponentStepResult[]) =>
  Object.fromEntries(results.map((result) => [result.component_uuid, result]));
const codesOf = (result: ComponentStepResult | undefined) => result?.errors.map(({ code }) => code);

test('each built-in gets its own result, from the staged content, with its place', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.json': '{"a": 1,}\n', 'b.txt': 'x \n', 'c.txt': 'no line break' });
  repository.write('a.json', '{}\n');

  const results = byId(
    await pool().run(await jobOf(repository, ['json', 'trailing-whitespace', 'end-of-file']), signal()),
  );

  expect(results['trailing-whitespace']).toMatchObject({
    step_id: 'step-1',
    status: 'fail',
    attempts: 2,
    files_checked: 3,
    findings: [{ rule: 'trailing-whitespace/blank-at-eol', path: 'b.txt', line: 1, column: 2 }],
    isolation: { tier: 'thread', enforced: { memory: 'yes', network: 'no' } },
    errors: [],
  });
  expect(results['json']?.findings).toContainEqual(
    expect.objectContaining({
      path: 'a.json',
      line: 1,
      column: 8,
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
    }),
  );
  expect(results['end-of-file']).toMatchObject({ findings: [{ path: 'c.txt' }] });
});

test('findings do not depend on the number of threads, and come sorted', async () => {
  await using repository = createRepository();
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`f${index}.txt`, `${'filler '.repeat(900)}\na \nb`]),
  );
  repository.stage(files);
  const job = await jobOf(repository, ['trailing-whitespace', 'end-of-file']);
  const run = async (threads: number) => {
    const results = await pool({ threads }).run(job, signal());
    return results.map(({ findings }) => JSON.stringify(findings)).sort();
  };
  const [one, two, three] = await Promise.all([run(1), run(2), run(3)]);
  expect(two).toEqual(one);
  expect(three).toEqual(one);
  const paths = byId(await pool().run(job, signal()))['end-of-file']?.findings.map(({ path }) => path);
  expect(paths).toEqual(paths?.toSorted((a, b) => (a !== undefined && b !== undefined && a < b ? -1 : 1)));
});

test('a file that grew is compared with its previous size', async () => {
  await using repository = createRepository();
  repository.commitFiles({ grown: Buffer.alloc(600_000), shrunk: Buffer.alloc(700_000), same: 'x' });
  repository.stage({ grown: Buffer.alloc(600_001), shrunk: Buffer.alloc(650_000), same: 'y' });
  const results = await pool().run(await jobOf(repository, ['large-files']), signal());
  expect(results[0]?.findings.map(({ path }) => path)).toEqual(['grown']);
});

test('a component that hangs is ended with NE004; the others give their results', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'x \n' });
  const job = await jobOf(repository, ['end-of-file', { id: 'hang', timeout_ms: 200 }, 'trailing-whitespace']);
  const told: string[] = [];
  const onResult = (result: ComponentStepResult) => told.push(result.component_uuid);

  const results = byId(await hostilePool().run({ ...job, onResult }, signal()));

  expect(codesOf(results['hang'])).toEqual(['NE004']);
  expect(results['hang']?.status).toBe('error');
  expect(results['hang']?.duration_ms).toBeGreaterThanOrEqual(200);
  expect(results['end-of-file']?.status).toBe('pass');
  expect(results['trailing-whitespace']?.status).toBe('fail');
  expect(told).toEqual(['end-of-file', 'hang', 'trailing-whitespace']);
});

test('a component that eats memory is ended with NE008, one that throws or exits gives NE001; the pool lives on', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'x \n' });
  const job = await jobOf(repository, ['throw', 'eat-memory', 'exit', 'no-such-builtin', 'trailing-whitespace']);
  const hostile = hostilePool();

  const results = byId(await hostile.run(job, signal()));

  expect(codesOf(results['throw'])).toEqual(['NE001']);
  expect(results['throw']?.errors[0]?.message).toContain('a defect');
  expect(codesOf(results['eat-memory'])).toEqual(['NE008']);
  expect(codesOf(results['exit'])).toEqual(['NE001']);
  expect(codesOf(results['no-such-builtin'])).toEqual(['NE006']);
  expect(results['trailing-whitespace']?.status).toBe('fail');
  const again = await hostile.run(await jobOf(repository, ['trailing-whitespace']), signal());
  expect(again[0]?.status).toBe('fail');
}, 60_000);

test('options that do not fit are an error of that component', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'x\n' });
  const job = await jobOf(repository, [{ id: 'large-files', options: { max_kib: 'many' } }, 'end-of-file']);
  const results = byId(await pool().run(job, signal()));
  expect(codesOf(results['large-files'])).toEqual(['OR020']);
  expect(results['end-of-file']?.status).toBe('pass');
});

test('a cancelled job ends at once, and the next one runs', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'x \n' });
  const hostile = hostilePool();
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const hanging = hostile.run(await jobOf(repository, ['hang']), controller.signal);
  // The thread has to be at work before it can be interrupted there.
  await hostile.warm();
  setTimeout(() => controller.abort(reason), 300);
  const started = performance.now();
  await expect(hanging).rejects.toBe(reason);
  expect(performance.now() - started).toBeLessThan(1500);
  await expect(hostile.run(await jobOf(repository, ['hang']), controller.signal)).rejects.toBe(reason);
  const results = await hostile.run(await jobOf(repository, ['end-of-file']), signal());
  expect(results[0]?.status).toBe('pass');
});

test('jobs side by side do not mix', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'x \n', 'b.json': '{' });
  const shared = pool({ threads: 1 });
  const job = await jobOf(repository, ['trailing-whitespace', 'json']);
  const answers = await Promise.all(Array.from({ length: 10 }, () => shared.run(job, signal())));
  for (const results of answers) {
    expect(byId(results)).toMatchObject({ 'trailing-whitespace': { findings_total: 1 }, json: { status: 'fail' } });
  }
});

test('a blob that is missing fails the job with its id', async () => {
  await using repository = createRepository();
  repository.stage({ 'a.txt': 'unique to this test\n' });
  const job = await jobOf(repository, ['end-of-file']);
  closeObjects();
  repository.git('rm', '--cached', '--quiet', 'a.txt');
  repository.git('prune', '--expire=now');
  await expect(pool().run(job, signal())).rejects.toMatchObject({ code: 'OR014' });
});
