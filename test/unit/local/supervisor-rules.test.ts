import { describe, expect, it } from 'vitest';
import { deathsInARow, restartDelayMs } from '../../../local/supervisor/backoff.ts';
import { childEnvironment, lastingEnvironment } from '../../../local/supervisor/environment.ts';
import { compatibility } from '../../../local/up/compatibility.ts';

describe('back-off', () => {
  it.each([
    [1, 0],
    [2, 200],
    [3, 400],
    [6, 3_200],
    [20, 30_000],
  ])('death %i in a row waits %i ms', (deaths, delay) => {
    expect(restartDelayMs(deaths)).toBe(delay);
  });

  it('forgets deaths once the part has served a minute', () => {
    expect(deathsInARow(5, 59_999)).toBe(6);
    expect(deathsInARow(5, 60_000)).toBe(1);
  });
});

describe('version handshake', () => {
  it.each([
    ['the same', { protocol: 1, version: '1.2.3' }, 'use'],
    ['an older caller', { protocol: 1, version: '1.2.2' }, 'use'],
    ['a newer caller', { protocol: 1, version: '1.10.0' }, 'restart'],
    ['a caller of another protocol, older or not', { protocol: 2, version: '1.0.0' }, 'restart'],
    ['a pre-release of the same number', { protocol: 1, version: '1.2.3-rc.1' }, 'use'],
    ['a pre-release of the next', { protocol: 1, version: '1.2.4-rc.1' }, 'restart'],
    ['other build metadata', { protocol: 1, version: '1.2.3+abc' }, 'use'],
  ] as const)('%s', (_name, caller, expected) => {
    expect(compatibility({ protocol: 1, version: '1.2.3' }, caller)).toBe(expected);
  });

  it('takes a release for newer than its own pre-release, and rc.10 for newer than rc.9', () => {
    expect(compatibility({ protocol: 1, version: '1.2.3-rc.1' }, { protocol: 1, version: '1.2.3' })).toBe('restart');
    expect(compatibility({ protocol: 1, version: '1.0.0-rc.9' }, { protocol: 1, version: '1.0.0-rc.10' })).toBe(
      'restart',
    );
  });
});

describe('environment of the background processes', () => {
  const env = {
    PATH: '/bin',
    HOME: '/home/ada',
    GIT_INDEX_FILE: '/repo/.git/index.lock',
    GIT_DIR: '/repo/.git',
    npm_config_prefix: '/x',
    NODE_OPTIONS: '--require ./x',
    OMNIBASE_TOKEN: 'omb_secret',
    OMNIBASE_STEP_TOKEN: 'step',
    OMNIBASE_LOG_LEVEL: 'debug',
    TEMPORAL_API_KEY: 'for another server',
    TEMPORAL_TLS: 'true',
  };
  const none = { database: null, temporal: null };
  const addresses = {
    database: 'postgresql://u:p@localhost/d',
    temporal: '127.0.0.1:7',
    webUi: null,
    api: null,
    checks: [],
  };

  it('leaves behind what belongs to the moment of the start, and secrets', () => {
    expect(Object.keys(lastingEnvironment(env))).toEqual([
      'PATH',
      'HOME',
      'OMNIBASE_LOG_LEVEL',
      'TEMPORAL_API_KEY',
      'TEMPORAL_TLS',
    ]);
  });

  it('points serve at the local parts and keeps settings for another server out', () => {
    expect(childEnvironment(env, none, addresses, '/state')).toEqual({
      PATH: '/bin',
      HOME: '/home/ada',
      OMNIBASE_LOG_LEVEL: 'debug',
      OMNIBASE_DATABASE_URL: 'postgresql://u:p@localhost/d',
      TEMPORAL_ADDRESS: '127.0.0.1:7',
      TEMPORAL_NAMESPACE: 'default',
      TEMPORAL_CONFIG_FILE: '/state/temporal.toml',
    });
  });

  it('leaves the settings of external parts as they are', () => {
    const external = { database: 'postgresql://far/d', temporal: 'far:7233' };
    const given = { ...env, OMNIBASE_DATABASE_URL: 'postgresql://far/d', TEMPORAL_ADDRESS: 'far:7233' };
    expect(childEnvironment(given, external, { ...addresses, database: null, temporal: null }, '/state')).toMatchObject(
      {
        OMNIBASE_DATABASE_URL: 'postgresql://far/d',
        TEMPORAL_ADDRESS: 'far:7233',
        TEMPORAL_API_KEY: 'for another server',
      },
    );
  });
});
