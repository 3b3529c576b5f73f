/** The registry commands on a real database, and on the file cache when it is away. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../cli/run.ts';
import { createRepository } from '../../support/git.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { memoryIo } from '../../unit/cli/support/memory-io.ts';

let database: TestDatabase;
let home: string;

beforeAll(async () => {
  database = await createTestDatabase();
  home = mkdtempSync(path.join(tmpdir(), 'omnibase-cli-'));
});
afterAll(async () => {
  await database.drop();
  rmSync(home, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  line: readonly string[],
  options: { input?: string; terminal?: number; env?: Record<string, string>; cwd?: string } = {},
): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    OMNIBASE_HOME: home,
    OMNIBASE_DATABASE_URL: database.url,
    NO_COLOR: '1',
    ...options.env,
  };
  const io = memoryIo({
    cwd: options.cwd ?? home,
    env,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.terminal === undefined ? {} : { terminal: options.terminal }),
  });
  const code = await runCommandLine(line, io);
  return { code, out: io.out(), err: io.err() };
}

function document(name: string, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    uuid: crypto.randomUUID(),
    name,
    version: '1.0.0',
    type: 'validator',
    namespace: 'test',
    author: 'test',
    created_at: '2026-01-01T00:00:00Z',
    description: `Checks ${name}.`,
    entrypoint: { kind: 'command', program: 'true' },
    ...changes,
  });
}

const add = (name: string, changes: Record<string, unknown> = {}): Promise<Outcome> =>
  run(['registry', 'add', '-'], { input: document(name, changes) });

describe('registry add', () => {
  it('prints the literal line, also off a terminal, and twice does no harm', async () => {
    const input = document('added');
    const first = await run(['registry', 'add', '-'], { input });
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(
      /^registered: true\noutcome: created\nuuid: [0-9a-f-]{36}\ncomponent: validator:test\.added@1\.0\.0\nrevision: 1\nfingerprint: [0-9a-f]{64}\n$/,
    );
    const second = await run(['registry', 'add', '-'], { input });
    expect(second.out).toContain('registered: true\noutcome: unchanged\n');
    const { uuid } = JSON.parse(input) as { uuid: string };
    const got = await run(['registry', 'get', uuid]);
    expect(JSON.parse(got.out)).toMatchObject({
      schema_version: 1,
      data: { metadata: { uuid, name: 'added' }, registry: { revision: 1 } },
      freshness: { source: 'postgres' },
      warnings: [],
    });
  });

  it('refuses bad metadata with every problem, and stores nothing', async () => {
    const bad = document('refused', { version: 'one', type: 'validatr', uuid: undefined });
    const { code, out, err } = await run(['registry', 'add', '-'], { input: bad });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^MetadataValidationError \[(SC|MD)\d{3}\] stdin: /);
    for (const field of ['uuid', 'version', 'type']) expect(err).toMatch(new RegExp(`^ {2}${field}: `, 'm'));
    expect(err).toMatch(/^next: /m);
    expect(JSON.parse((await run(['registry', 'ls', '--text', 'refused'])).out)).toMatchObject({ data: [] });
  });

  it('handles several files one by one and ends with the worst code', async () => {
    writeFileSync(path.join(home, 'good.yaml'), document('several'));
    writeFileSync(path.join(home, 'bad.yaml'), 'a: [');
    const { code, out, err } = await run(['registry', 'add', 'good.yaml', 'bad.yaml', 'none.yaml', '--format', 'json']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ data: { file: 'good.yaml', registered: true } });
    const errors = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { error_type: string });
    expect(errors.map(({ error_type }) => error_type)).toEqual(['MetadataValidationError', 'FileAccessError']);
  });

  it('tells on a dry run what would happen, and does nothing', async () => {
    const input = document('dry');
    const { code, out } = await run(['registry', 'add', '-', '--dry-run'], { input });
    expect(code).toBe(0);
    expect(out).toContain('registered: false\nwould: create\n');
    expect((await run(['registry', 'get', 'dry'])).code).toBe(3);
  });

  it('shows what differs from the registered document', async () => {
    const uuid = crypto.randomUUID();
    await add('twice', { uuid });
    const { code, err } = await add('twice', { uuid, description: 'Something else.' });
    expect(code).toBe(2);
    expect(err).toContain('DuplicateComponentError [RG002] stdin: ');
    expect(err).toContain('description');
  });
});

describe('finding', () => {
  beforeAll(async () => {
    await add('find-a', { tags: ['canary', 'find'] });
    await add('find-b', { tags: ['find'], type: 'tool' });
    await add('find-c', { tags: ['canary'], lifecycle: 'experimental' });
  });

  it('lists by kind and tag', async () => {
    const { code, out } = await run(['list', 'validators', '--tag', 'canary']);
    expect(code).toBe(0);
    const names = (JSON.parse(out) as { data: { metadata: { name: string } }[] }).data.map(
      ({ metadata }) => metadata.name,
    );
    expect(names).toEqual(['find-a', 'find-c']);
  });

  it('shows a table on a terminal', async () => {
    const { out } = await run(['registry', 'ls', '--tag', 'find'], { terminal: 100 });
    expect(out).toBe(
      [
        'NAME    VERSION  TYPE       LIFECYCLE  STATUS  TAGS         TRUST',
        'find-a  1.0.0    validator  active     active  canary,find  unverified',
        'find-b  1.0.0    tool       active     active  find         unverified',
        '',
      ].join('\n'),
    );
  });

  it('counts, pages, and goes through all pages', async () => {
    expect((await run(['registry', 'ls', '--tag', 'find', '--count'], { terminal: 80 })).out).toBe('2\n');
    const first = JSON.parse((await run(['registry', 'ls', '--tag', 'find', '--limit', '1'])).out) as {
      data: unknown[];
      page: { next_cursor: string; has_more: boolean };
    };
    expect(first).toMatchObject({ data: [{ metadata: { name: 'find-a' } }], page: { limit: 1, has_more: true } });
    const second = JSON.parse(
      (await run(['registry', 'ls', '--tag', 'find', '--limit', '1', '--cursor', first.page.next_cursor])).out,
    ) as object;
    expect(second).toMatchObject({ data: [{ metadata: { name: 'find-b' } }], page: { has_more: false } });
    const all = await run(['registry', 'ls', '--tag', 'find', '--limit', '1', '--all', '--format', 'jsonl']);
    expect(
      all.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { metadata: { name: string } }).metadata.name),
    ).toEqual(['find-a', 'find-b']);
  });

  it('says on stderr that nothing matches, with exit 0', async () => {
    expect(await run(['registry', 'search', 'no', 'such', 'thing'], { terminal: 80 })).toEqual({
      code: 0,
      out: '',
      err: 'no components match\n',
    });
  });

  it('sorts as told', async () => {
    const { out } = await run(['registry', 'ls', '--tag', 'find', '--sort', '-name', '--columns', 'name'], {
      terminal: 80,
    });
    expect(out).toBe('NAME\nfind-b\nfind-a\n');
  });

  it.each([
    [['registry', 'get', 'find-z'], 3, 'RegistryLookupError [RG001]'],
    [['registry', 'get', '@'], 2, 'ReferenceSyntaxError [QY003]'],
    [['registry', 'get', 'find-a', '--version-spec', '^9'], 3, 'VersionConflictError [RG008]'],
    [['registry', 'get', 'find-a', '--version-spec', 'nine'], 2, 'VersionSpecError [QY002]'],
    [['registry', 'ls', '--cursor', 'x'], 2, 'CursorError [QY004]'],
    [['registry', 'ls', '--limit', '1001'], 2, 'UsageError [OB002]'],
    [['registry', 'ls', '--lifecycle', 'actve'], 2, 'did you mean active?'],
  ])('%j ends with %d', async (line, code, text) => {
    const outcome = await run(line);
    expect(outcome).toMatchObject({ code, out: '' });
    expect(outcome.err).toContain(text);
    expect(outcome.err).toMatch(/\nnext: .+\n$/);
  });

  it('shows one component as a page', async () => {
    const { out } = await run(['registry', 'get', 'find-a'], { terminal: 100 });
    expect(out).toMatch(/^component: +validator:test\.find-a@1\.0\.0\n/);
    expect(out).toMatch(/^tags: +\["canary","find"\]$/m);
  });
});

describe('changing', () => {
  it('updates fields, guarded by the revision', async () => {
    await add('changed', { tags: ['old'] });
    const updated = await run([
      'registry',
      'update',
      'changed',
      '--set',
      'description=New words.',
      '--add-tag',
      'new',
      '--remove-tag',
      'old',
    ]);
    expect(updated).toMatchObject({ code: 0, err: '' });
    expect(updated.out).toMatch(/^updated: true\n.*\n.*\nrevision: 2\n/);
    expect(JSON.parse((await run(['registry', 'get', 'changed'])).out)).toMatchObject({
      data: { metadata: { description: 'New words.', tags: ['new'] } },
    });

    const conflict = await run(['registry', 'update', 'changed', '--set', 'description=Mine.', '--if-revision', '1']);
    expect(conflict).toMatchObject({ code: 3, out: '' });
    expect(conflict.err).toContain('RevisionConflictError [RG011]');
    expect(conflict.err).toMatch(/^ {2}current: 2$/m);
    expect(conflict.err).toMatch(/^ {2}yours: /m);
  });

  it('reads a patch from stdin', async () => {
    await add('patched');
    const { code } = await run(['registry', 'update', 'patched', '--patch', '-'], { input: 'owner: someone\n' });
    expect(code).toBe(0);
    expect(JSON.parse((await run(['registry', 'get', 'patched'])).out)).toMatchObject({
      data: { metadata: { owner: 'someone' } },
    });
  });

  it.each([
    [['--set', 'name=other'], 'ImmutableFieldError [RG012]'],
    [['--set', 'meta_type=tool'], 'SC009'],
    [[], 'UsageError [OB002] nothing to change'],
  ])('%j is refused', async (flags, text) => {
    await add(`frozen-${flags.length}-${text.length}`);
    const { code, err } = await run(['registry', 'update', `frozen-${flags.length}-${text.length}`, ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(text);
  });

  it('archives with a reason, and asks for one', async () => {
    await add('gone', { lifecycle: 'canary' });
    expect((await run(['registry', 'rm', 'gone'])).err).toContain("next: omnibase registry rm gone --reason 'why'");
    const { code, out } = await run(['registry', 'rm', 'gone', '--reason', 'not needed']);
    expect(code).toBe(0);
    expect(out).toMatch(/^archived: true\nuuid: /);
    expect((await run(['registry', 'get', 'gone'])).code).toBe(3);
  });

  it('an active component needs admin to be archived at once', async () => {
    await add('held');
    const { code, err } = await run(['registry', 'rm', 'held', '--reason', 'x']);
    expect(code).toBe(5);
    expect(err).toContain('CapabilityError [SX001]');
  });

  it('removes for good only with --yes where nobody can answer', async () => {
    await add('draft', { lifecycle: 'draft' });
    const refused = await run(['registry', 'rm', 'draft@1.0.0', '--hard']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('next: add --yes to go ahead');
    expect((await run(['registry', 'rm', 'draft@1.0.0', '--hard', '--yes'])).out).toMatch(/^removed: true\n/);
  });
});

describe('caches', () => {
  it('synchronise, and answer when the database is away', async () => {
    await add('cached', { tags: ['cached'] });
    const synced = await run(['registry', 'sync', '--full', '--format', 'json']);
    expect(JSON.parse(synced.out)).toMatchObject({ data: { kind: 'full' } });
    const stats = await run(['cachestatus']);
    expect(JSON.parse(stats.out)).toMatchObject({ data: { l1: {}, l2: {}, l3: { enabled: true, complete: true } } });

    const offline = await run(['list', 'validators', '--tag', 'cached', '--offline']);
    expect(offline.code).toBe(0);
    expect(JSON.parse(offline.out)).toMatchObject({
      data: [{ metadata: { name: 'cached' } }],
      freshness: { source: 'cache' },
    });

    const refused = await run(['registry', 'add', '-', '--offline'], { input: document('never') });
    expect(refused).toMatchObject({ code: 3, out: '' });
    expect(refused.err).toContain('RegistryReadOnlyError [RG015]');
  });

  it('old answers are refused when asked to', async () => {
    await run(['registry', 'sync', '--full']);
    const stale = await run(['registry', 'ls', '--offline', '--max-stale', '0ms']);
    expect(stale).toMatchObject({ code: 3, out: '' });
    expect(stale.err).toContain('StaleSnapshotError [RG019]');
  });

  it('nothing is made up when there is no snapshot', async () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'omnibase-empty-'));
    const { code, err } = await run(['registry', 'ls', '--offline'], { env: { OMNIBASE_HOME: empty } });
    expect(code).toBe(3);
    expect(err).toContain('RegistryUnavailableError [RG016]');
    rmSync(empty, { recursive: true });
  });

  it('a database that is away is told as such', async () => {
    const url = new URL(database.url);
    url.port = '9';
    url.searchParams.delete('host');
    url.hostname = '127.0.0.1';
    const read = await run(['registry', 'ls'], { env: { OMNIBASE_DATABASE_URL: url.href } });
    expect(read.code).toBe(3);
    const write = await run(['registry', 'add', '-'], {
      input: document('away'),
      env: { OMNIBASE_DATABASE_URL: url.href },
    });
    expect(write.code).toBe(3);
    expect(write.err).toContain('RegistryReadOnlyError [RG015]');
    expect(await run(['db', 'status'], { env: { OMNIBASE_DATABASE_URL: url.href } })).toMatchObject({
      code: 3,
      out: '',
    });
  });
});

describe('validate metadata', () => {
  it('checks against the registry without storing', async () => {
    const uuid = crypto.randomUUID();
    await add('known', { uuid });
    const conflict = await run(['validate', 'metadata', '-'], {
      input: document('known', { uuid, description: 'Other.' }),
    });
    expect(conflict.code).toBe(2);
    expect(conflict.err).toContain('DuplicateComponentError [RG002]');
    const fine = await run(['validate', 'metadata', '-', uuid], { input: document('unknown') });
    expect(fine).toMatchObject({ code: 0, err: '' });
    expect(fine.out).toContain('valid: true  stdin');
    expect(fine.out).toContain(`valid: true  ${uuid}`);
    expect((await run(['registry', 'get', 'unknown'])).code).toBe(3);
  });
});

describe('init', () => {
  it('registers the built-ins and writes the project file, once', async () => {
    await using repository = createRepository();
    const first = await run(['init'], { cwd: repository.directory });
    expect(first, first.err).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^registered: \d+ built-in validators \(\d+ new, 0 unchanged\)\n/);
    const config = path.join(repository.directory, 'omnibase.config.yaml');
    expect(first.out).toContain(`config: written, ${config}\n`);
    expect((await run(['config', 'get', 'stages.ci.required'], { cwd: repository.directory })).code).toBe(0);

    writeFileSync(config, `${readFileSync(config, 'utf8')}# mine\n`);
    const again = await run(['init', '--format', 'json'], { cwd: repository.directory });
    expect(JSON.parse(again.out)).toMatchObject({ config: { state: 'unchanged' } });
    expect(
      (JSON.parse(again.out) as { builtins: { unchanged: boolean }[] }).builtins.every(({ unchanged }) => unchanged),
    ).toBe(true);
    expect(readFileSync(config, 'utf8')).toContain('# mine');
    expect((await run(['list', 'validators', '--tag', 'pre-commit', '--count'], { terminal: 80 })).out).not.toBe('0\n');
  });

  it('only tells on a dry run', async () => {
    await using repository = createRepository();
    const { code, out } = await run(['init', '--dry-run', '--hook'], { cwd: repository.directory });
    expect(code).toBe(0);
    expect(out).toContain('config: would be written, ');
    expect(out).toContain('hook: (dry run) pre-commit: written');
    const asJson = await run(['init', '--dry-run', '--hook', '--format', 'json'], { cwd: repository.directory });
    expect(JSON.parse(asJson.out)).toMatchObject({
      dry_run: true,
      hook: { installed: true, hooks: [{ action: 'written' }] },
    });
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});

describe('db', () => {
  it('tells and brings up to date', async () => {
    expect(JSON.parse((await run(['db', 'status', '--format', 'json'])).out)).toMatchObject({
      reachable: true,
      schema: 'current',
      pending: [],
    });
    expect((await run(['db', 'status'])).out).not.toContain(new URL(database.url).password || 'no password');
    expect((await run(['db', 'migrate'])).out).toBe('migrated: true\napplied: 0\n');
  });
});
