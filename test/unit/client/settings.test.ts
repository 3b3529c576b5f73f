/** Connection settings come from Temporal's own environment configuration (platform.md 3). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectTemporal, loadTemporalSettings } from '../../../client/connect.ts';

const directory = mkdtempSync(join(tmpdir(), 'omnibase-test-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

function tomlFile(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const none = join(directory, 'missing.toml');

describe('loadTemporalSettings', () => {
  it('falls back to a server on this machine', async () => {
    expect(await loadTemporalSettings({ env: { TEMPORAL_CONFIG_FILE: none } })).toMatchObject({
      address: 'localhost:7233',
      namespace: 'default',
      connection: { address: 'localhost:7233' },
    });
  });

  it('reads the variables', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_NAMESPACE: 'team', TEMPORAL_CONFIG_FILE: none };
    expect(await loadTemporalSettings({ env })).toMatchObject({ address: '127.0.0.1:1', namespace: 'team' });
  });

  it('reads a profile of the file', async () => {
    const path = tomlFile('ok.toml', '[profile.prod]\naddress = "prod:7233"\nnamespace = "ns"\n');
    const settings = await loadTemporalSettings({ env: { TEMPORAL_CONFIG_FILE: path }, profile: 'prod' });
    expect(settings).toMatchObject({ address: 'prod:7233', namespace: 'ns' });
  });

  it('refuses a file it cannot read with OB003', async () => {
    const path = tomlFile('broken.toml', '[profile');
    await expect(loadTemporalSettings({ env: { TEMPORAL_CONFIG_FILE: path } })).rejects.toMatchObject({
      code: 'OB003',
    });
  });
});

describe('connectTemporal', () => {
  it('names the address when nobody answers', async () => {
    // Port 9 is the discard service: nothing listens there.
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:9', TEMPORAL_CONFIG_FILE: none };
    const connecting = connectTemporal({ env, timeoutMs: 300 });
    await expect(connecting).rejects.toMatchObject({
      code: 'OB010',
      exitCode: 6,
      message: expect.stringContaining('127.0.0.1:9'),
      details: { address: '127.0.0.1:9' },
    });
  });
});
