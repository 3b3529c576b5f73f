import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../../contracts/config.ts';
import { formatKey, listSettings, parseKey } from '../../../domain/config/settings.ts';
import { explainConfig, loadConfig } from '../../../local/config.ts';

let base: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'omnibase-config-'));
  env = { OMNIBASE_HOME: join(base, 'home') };
  mkdirSync(join(base, 'home', 'config'), { recursive: true });
  mkdirSync(join(base, 'repo', '.git'), { recursive: true });
  mkdirSync(join(base, 'repo', 'deep', 'er'), { recursive: true });
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const userFile = (text: string) => writeFileSync(join(base, 'home', 'config', 'config.yaml'), text);
const projectFile = (text: string, folder = 'repo') => writeFileSync(join(base, folder, 'omnibase.config.yaml'), text);
const load = (more: object = {}) => loadConfig({ env, cwd: join(base, 'repo', 'deep', 'er'), ...more });

describe('precedence', () => {
  it('is flag, environment, project, user, default', async () => {
    const expectFormat = async (value: unknown, source: string, more = {}) =>
      expect((await load(more)).explain('format')).toMatchObject({ value, source });
    await expectFormat(undefined, 'default');
    userFile('format: yaml\n');
    await expectFormat('yaml', 'user');
    projectFile('format: json\n');
    await expectFormat('json', 'project');
    env['OMNIBASE_FORMAT'] = 'jsonl';
    await expectFormat('jsonl', 'environment');
    await expectFormat('human', 'flag', { flags: { format: 'human' } });
  });

  it('holds leaf by leaf, and replaces lists and free maps as a whole', async () => {
    userFile(
      'stages: { ci: { tags: [a, b], timeout_ms: 5000 } }\ncomponents: { x: { options: { a: 1 }, version: "1" } }\n',
    );
    projectFile('stages: { ci: { tags: [c] } }\ncomponents: { x: { options: { b: 2 } } }\n');
    const { config } = await load();
    expect(config.stages?.ci).toEqual({ tags: ['c'], timeout_ms: 5000 });
    expect(config.components?.['x']).toEqual({ options: { b: 2 }, version: '1' });
  });

  it('ignores flags that are not given', async () => {
    expect((await load({ flags: { format: undefined } })).config.format).toBeUndefined();
  });
});

describe('sources', () => {
  it('finds the nearest project file up to the root of the repository and not beyond', async () => {
    projectFile('format: json\n', '.');
    expect((await load()).project_file).toBeNull();
    projectFile('format: json\n');
    projectFile('format: yaml\n', 'repo/deep');
    expect((await load()).project_file).toBe(join(base, 'repo/deep/omnibase.config.yaml'));
  });

  it('takes only the working directory outside a repository', async () => {
    projectFile('format: json\n', '.');
    mkdirSync(join(base, 'below'));
    expect((await loadConfig({ env, cwd: base })).config.format).toBe('json');
    expect((await loadConfig({ env, cwd: join(base, 'below') })).config.format).toBeUndefined();
  });

  it('reads --config instead, and misses it when it is not there', async () => {
    projectFile('format: json\n');
    writeFileSync(join(base, 'other.yaml'), 'format: yaml\n');
    expect((await load({ configFile: join(base, 'other.yaml') })).config.format).toBe('yaml');
    await expect(load({ configFile: join(base, 'none.yaml') })).rejects.toMatchObject({ code: 'OB003' });
  });

  it.each([
    ['OMNIBASE_REGISTRY_POOL_MAX', '7', 'registry.pool.max', 7],
    ['OMNIBASE_VALIDATION_STRICT_MODE', '1', 'validation.strict_mode', true],
    ['OMNIBASE_STAGES_PRE_COMMIT_TAGS', 'a, b', 'stages.pre-commit.tags', ['a', 'b']],
    ['OMNIBASE_STACK_PORTS_API', '8080', 'stack.ports.api', 8080],
  ])('reads %s=%s as %s', async (name, text, key, value) => {
    env[name] = text;
    expect(await explainConfig(key, { env, cwd: base })).toMatchObject({ value, source: 'environment', origin: name });
  });

  it.each([
    ['OMNIBASE_REGISTRY_POOL_MAX', 'many'],
    ['OMNIBASE_FORMAT', 'xml'],
  ])('names the variable %s=%s it refuses', async (name, text) => {
    env[name] = text;
    await expect(load()).rejects.toMatchObject({ code: 'OB003', details: { path: name } });
  });

  it('does not take other variables of ours for settings', async () => {
    Object.assign(env, { OMNIBASE_TOKEN: 'omb_hidden', OMNIBASE_DATABASE_URL: 'x' });
    expect(JSON.stringify((await load()).list())).not.toMatch(/omb_hidden/);
  });
});

describe('explain and list', () => {
  it('offers the nearest key', async () => {
    await expect(explainConfig('registry.pool.mx', { env, cwd: base })).rejects.toMatchObject({
      code: 'OB003',
      next: 'did you mean registry.pool.max?',
    });
  });

  it('names components with dots unambiguously', async () => {
    projectFile('components: { tool/team.json: { version: "1.2" } }\n');
    const loaded = await load();
    expect(loaded.list().map(({ key }) => key)).toContain('components."tool/team.json".version');
    expect(loaded.explain('components."tool/team.json".version')).toMatchObject({ value: '1.2', source: 'project' });
  });

  it('describes every setting', () => {
    const settings = listSettings(configJsonSchema());
    expect(settings.length).toBeGreaterThan(40);
    for (const setting of settings) expect(setting.description, setting.key).not.toBe('');
  });

  it.each([['a.b'], ['components."x.y".options']])('round-trips the key %s', (key) => {
    expect(formatKey(parseKey(key))).toBe(key);
  });
});
