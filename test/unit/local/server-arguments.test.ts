import { describe, expect, it } from 'vitest';
import { searchAttributes } from '../../../contracts/search-attributes.ts';
import { serverArguments as postgresArguments } from '../../../local/postgres/settings.ts';
import { isAtLeast, parseVersion, wheelChecksums } from '../../../local/temporal/release.ts';
import { searchAttributeArguments, serverArguments as temporalArguments } from '../../../local/temporal/settings.ts';

const temporal = {
  ip: '127.0.0.1',
  port: 7233,
  uiPort: 8233,
  httpPort: 1,
  metricsPort: 2,
  headless: false,
  databaseFile: '/state/temporal.db',
  tuned: true,
  version: '1.9.1',
};

describe('arguments of the Temporal server', () => {
  it('keep acknowledged work through a SIGKILL and do not wait 50 ms at each step', () => {
    const line = temporalArguments(temporal).join(' ');
    expect(line).toContain('--db-filename /state/temporal.db');
    expect(line).toContain('--sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=normal');
    expect(line).toContain('--dynamic-config-value history.transferProcessorMaxPollRPS=2000');
    expect(line).toContain('--dynamic-config-value history.timerProcessorMaxPollRPS=2000');
    expect(line).toContain('--ui-disable-news-fetch');
  });

  it('register every search attribute with its type', () => {
    expect(searchAttributeArguments).toHaveLength(Object.keys(searchAttributes).length);
    expect(temporalArguments(temporal)).toEqual(expect.arrayContaining(['OmniKind=Keyword', 'OmniAttempt=Int']));
  });

  it('leave out the Web UI when headless, the file when in memory, and our settings when untuned', () => {
    const line = temporalArguments({ ...temporal, headless: true, databaseFile: null, tuned: false }).join(' ');
    expect(line).toContain('--headless');
    expect(line).not.toMatch(/ui-port|ui-disable|db-filename|pragma|dynamic-config/);
  });

  it('leave out a flag that an older release does not know', () => {
    expect(temporalArguments({ ...temporal, version: '1.5.1' })).not.toContain('--ui-disable-news-fetch');
  });
});

describe('the pinned release', () => {
  it.each([
    ['temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)', '1.9.1'],
    ['temporal version v1.5.1 (Server 1.29.1, UI 2.42.1)\n', '1.5.1'],
    ['git version 2.40.0', null],
    ['', null],
  ])('reads %j as %j', (output, version) => {
    expect(parseVersion(output)).toBe(version);
  });

  it.each([
    ['1.9.1', '1.5.0', true],
    ['1.5.0', '1.5.0', true],
    ['1.10.0', '1.9.1', true],
    ['1.4.9', '1.5.0', false],
    ['0.13.2', '1.5.0', false],
  ])('%s is at least %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });

  it('has a checksum for every platform it is fetched on', () => {
    expect(Object.keys(wheelChecksums).sort()).toEqual(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']);
    for (const checksum of Object.values(wheelChecksums)) expect(checksum).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('arguments of Postgres', () => {
  const settings = { dataDir: '/d', socketDir: '/run, with a comma', port: null, durable: true };

  it('listen on the socket alone unless a port is asked for', () => {
    expect(postgresArguments(settings)).toContain('listen_addresses=');
    expect(postgresArguments({ ...settings, port: 5433 })).toEqual(
      expect.arrayContaining(['listen_addresses=127.0.0.1', 'port=5433']),
    );
  });

  it('quote a socket folder whose name would be split', () => {
    expect(postgresArguments(settings)).toContain('unix_socket_directories="/run, with a comma"');
  });

  it('stay durable unless the cluster is thrown away', () => {
    expect(postgresArguments(settings)).toEqual(expect.arrayContaining(['fsync=on', 'synchronous_commit=on']));
    expect(postgresArguments({ ...settings, durable: false })).toContain('fsync=off');
  });
});
