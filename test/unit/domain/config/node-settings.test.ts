/** Settings of nodes: every bound of registration.md 2, from the environment to what the code works with. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, configDefaults, configJsonSchema } from '../../../../contracts/config.ts';
import { defaultNodeSettings, type NodeSettings } from '../../../../contracts/node/settings.ts';
import { nodeSettingsOf } from '../../../../domain/config/node-settings.ts';
import { environmentName, schemaAt, valueAt, withValue } from '../../../../domain/config/settings.ts';
import { loadConfig } from '../../../../local/config.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'omnibase-settings-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const load = (variables: Readonly<Record<string, string>>) =>
  loadConfig({ env: { OMNIBASE_HOME: home, ...variables }, cwd: home });

/** A wide window and backoff, so that the bound of one key is not met by the rule between two. */
const wide: Readonly<Record<string, string>> = {
  OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: '3600000',
  OMNIBASE_REGISTRATION_RETRY_BACKOFF_FIRST_MS: '1',
  OMNIBASE_REGISTRATION_RETRY_BACKOFF_MAX_MS: '86400000',
};

const minute = 60_000;
const hour = 60 * minute;
/** Key, default, least, most. */
const bounds: readonly (readonly [string, number, number, number])[] = [
  ['registration.ack_timeout_ms', 30_000, 1_000, 10 * minute],
  ['registration.first_liveness_ms', 60_000, 1_000, hour],
  ['registration.heartbeat_interval_ms', 30_000, 1_000, 10 * minute],
  ['registration.heartbeat_jitter_percent', 10, 0, 50],
  ['registration.heartbeat_max_per_second', 1000, 1, 1_000_000],
  ['registration.max_attempts', 3, 1, 10],
  ['registration.decision_wait_ms', 10_000, 1_000, minute],
  ['registration.retire_after_ms', 7 * 24 * hour, hour, 365 * 24 * hour],
  ['registration.retry_backoff.jitter_percent', 20, 0, 100],
  ['deadlines.backstop_ms', 30 * minute, 5 * minute, 120 * minute],
  ['sweep.interval_ms', 5_000, 1_000, minute],
  ['sweep.batch', 500, 100, 5_000],
  ['sweep.pokes_per_second', 50, 1, 1_000],
  ['sweep.mass_ratio', 0.2, 0, 1],
  ['sweep.mass_minimum', 10, 1, 1_000_000],
  ['breaker.threshold', 5, 1, 1_000],
  ['breaker.reset_ms', minute, 0, hour],
  ['damping.missed_windows', 1, 1, 10],
  ['damping.healthy_beats', 1, 1, 10],
  ['damping.unhealthy_beats', 1, 1, 10],
  ['damping.flap_threshold', 0, 0, 100],
  ['damping.period_ms', 10 * minute, minute, 24 * hour],
  ['damping.hold_ms', 5 * minute, minute, 24 * hour],
];

/** Where a key of the configuration lands in `NodeSettings`. */
const renamed: Readonly<Record<string, string>> = {
  'damping.period_ms': 'damping.flap_period_ms',
  'damping.hold_ms': 'damping.flap_hold_ms',
};
const settingOf = (settings: NodeSettings, key: string) => valueAt(settings, (renamed[key] ?? key).split('.'));

describe('one key', () => {
  it.each(bounds)('%s: %d unless told, from %d to %d', async (key, byDefault, least, most) => {
    const name = environmentName(key);
    expect((await load({})).explain(key)).toMatchObject({ value: byDefault, source: 'default' });
    expect(settingOf(nodeSettingsOf({}), key)).toBe(byDefault);
    for (const value of [least, most]) {
      const { config, explain } = await load({ ...wide, [name]: String(value) });
      expect(explain(key)).toMatchObject({ value, source: 'environment', origin: name });
      expect(settingOf(nodeSettingsOf(config), key)).toBe(value);
    }
  });

  it.each(bounds)('%s refuses what is outside, and what is no number', async (key, _byDefault, least, most) => {
    const name = environmentName(key);
    for (const text of [String(least - 1), String(most + 1), 'many', '1e3', 'NaN', '0x10', '10s', ' ', '-0.5']) {
      const refusal = await load({ ...wide, [name]: text }).then(
        () => `took ${JSON.stringify(text)}`,
        (error: unknown) => error,
      );
      expect(refusal).toMatchObject({ code: 'OB003', exitCode: 2, details: { path: name } });
      expect(String(refusal)).toContain(key);
    }
  });

  it('has the bounds of the table in the published schema', () => {
    for (const [key, , least, most] of bounds)
      expect(schemaAt(configJsonSchema(), key.split('.')), key).toMatchObject({ minimum: least, maximum: most });
  });

  it.each([
    ['OMNIBASE_DEADLINES_MODE', 'lazy', 'deadlines.mode'],
    ['OMNIBASE_REGISTRATION_ADMISSION_NODE_TYPES', 'effect,robot', 'registration.admission.node_types'],
    ['OMNIBASE_REGISTRATION_ADMISSION_MINIMUM_VERSIONS', '1.0.0', 'registration.admission.minimum_versions'],
    ['OMNIBASE_REGISTRATION_ADMISSION_MINIMUM_VERSIONS', '{"effect":"v1"}', 'registration.admission.minimum_versions'],
    ['OMNIBASE_REGISTRATION_ADMISSION_REQUIRE_COMPONENT', 'perhaps', 'registration.admission.require_component'],
    ['OMNIBASE_OUTBOX_WEBHOOKS', 'http://a.example', 'outbox.webhooks'],
    ['OMNIBASE_OUTBOX_WEBHOOKS', '[{"url":"ftp://a.example","secret_env":"S"}]', 'outbox.webhooks'],
    ['OMNIBASE_OUTBOX_WEBHOOKS', '[{"url":"http://u:p@a.example","secret_env":"S"}]', 'outbox.webhooks'],
    ['OMNIBASE_OUTBOX_WEBHOOKS', '[{"url":"http://a.example"}]', 'outbox.webhooks'],
    ['OMNIBASE_OUTBOX_WEBHOOKS', '[{"url":"http://a.example","secret_env":"a b"}]', 'outbox.webhooks'],
  ])('%s=%s is refused', async (name, text, key) => {
    const refusal: unknown = await load({ [name]: text }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'OB003', exitCode: 2 });
    expect(String(refusal)).toContain(key);
    expect(String(refusal)).not.toContain('u:p@');
  });
});

describe('between two keys', () => {
  it.each([
    [{ OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: '89999' }, 'registration.liveness_window_ms'],
    [{ OMNIBASE_REGISTRATION_HEARTBEAT_INTERVAL_MS: '30001' }, 'registration.liveness_window_ms'],
    [{ OMNIBASE_REGISTRATION_RETRY_BACKOFF_FIRST_MS: '60001' }, 'registration.retry_backoff.first_ms'],
    [{ OMNIBASE_REGISTRATION_RETRY_BACKOFF_MAX_MS: '4999' }, 'registration.retry_backoff.first_ms'],
  ])('%j is refused as %s', async (variables, key) => {
    await expect(load(variables)).rejects.toMatchObject({ code: 'ND016', exitCode: 2, details: { key } });
  });

  it.each([
    ['OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS', '2999'],
    ['OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS', '3600001'],
    ['OMNIBASE_REGISTRATION_RETRY_BACKOFF_FIRST_MS', '0'],
    ['OMNIBASE_REGISTRATION_RETRY_BACKOFF_MAX_MS', 'long'],
  ])('%s=%s is outside by itself', async (name, text) => {
    await expect(load({ [name]: text })).rejects.toMatchObject({ code: 'OB003', exitCode: 2 });
  });

  it('three intervals are just enough, whichever source each value has', async () => {
    mkdirSync(path.join(home, 'config'), { recursive: true });
    const file = path.join(home, 'config', 'config.yaml');
    writeFileSync(file, 'registration: { heartbeat_interval_ms: 1000 }\n');
    try {
      const { config } = await load({ OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: '3000' });
      expect(nodeSettingsOf(config).registration).toMatchObject({
        heartbeat_interval_ms: 1000,
        liveness_window_ms: 3000,
      });
      writeFileSync(file, 'registration: { heartbeat_interval_ms: 1001 }\n');
      await expect(load({ OMNIBASE_REGISTRATION_LIVENESS_WINDOW_MS: '3000' })).rejects.toMatchObject({ code: 'ND016' });
    } finally {
      rmSync(file);
    }
  });
});

describe('nodeSettingsOf', () => {
  it('gives the defaults for the default configuration and for none', async () => {
    expect(nodeSettingsOf({})).toEqual(defaultNodeSettings);
    expect(nodeSettingsOf(configDefaults)).toEqual(defaultNodeSettings);
    expect(nodeSettingsOf((await load({})).config)).toEqual(defaultNodeSettings);
  });

  it('takes no default away for a key that is present and undefined', () => {
    const config = bounds.reduce<unknown>((made, [key]) => withValue(made, key.split('.'), undefined), {}) as Config;
    expect(nodeSettingsOf(config)).toEqual(defaultNodeSettings);
  });

  it('reads the policy and the receivers from the environment', async () => {
    const { config } = await load({
      OMNIBASE_DEADLINES_MODE: 'fleet',
      OMNIBASE_REGISTRATION_ADMISSION_CLOSED_DOMAINS: 'old, older',
      OMNIBASE_REGISTRATION_ADMISSION_MINIMUM_VERSIONS: '{"effect":"1.2.0"}',
      OMNIBASE_REGISTRATION_ADMISSION_REQUIRE_COMPONENT: 'true',
      OMNIBASE_OUTBOX_WEBHOOKS:
        '[{"url":"https://a.example/hook","secret_env":"HOOK_KEY","types":["node.became_active"]}]',
    });
    const { registration, deadlines } = nodeSettingsOf(config);
    expect(deadlines).toEqual({ mode: 'fleet', backstop_ms: 1_800_000 });
    expect(registration.admission).toEqual({
      ...defaultNodeSettings.registration.admission,
      closed_domains: ['old', 'older'],
      minimum_versions: { effect: '1.2.0' },
      require_component: true,
    });
    expect(config.outbox?.webhooks).toEqual([
      { url: 'https://a.example/hook', secret_env: 'HOOK_KEY', types: ['node.became_active'] },
    ]);
  });

  it('reads fractions where a ratio or a percentage is meant, nowhere else', async () => {
    const { config } = await load({
      OMNIBASE_SWEEP_MASS_RATIO: '0.35',
      OMNIBASE_REGISTRATION_HEARTBEAT_JITTER_PERCENT: '2.5',
    });
    expect(nodeSettingsOf(config).sweep.mass_ratio).toBe(0.35);
    expect(nodeSettingsOf(config).registration.heartbeat_jitter_percent).toBe(2.5);
    await expect(load({ OMNIBASE_SWEEP_BATCH: '100.5' })).rejects.toMatchObject({ code: 'OB003' });
  });
});
