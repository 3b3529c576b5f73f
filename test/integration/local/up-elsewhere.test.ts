import { connect } from 'node:net';
import { inject } from 'vitest';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../local/processes/ports.ts';
import { maxSocketPathBytes } from '../../../local/paths.ts';
import { ensureStack, stopStack } from '../../../local/up.ts';
import { createHome, standIn, type TestHome } from './support/home.ts';

let home: TestHome;
afterEach(() => home.remove());

describe('a stack', () => {
  it('works below a very long path', async () => {
    home = createHome(`long-${'x'.repeat(160)}`);
    const status = await home.up();
    expect(status.state).toBe('ready');
    expect(Buffer.byteLength(home.paths.control_socket_path)).toBeLessThanOrEqual(maxSocketPathBytes);
    await stopStack({ env: home.env });
    expect((await home.up()).state).toBe('ready');
  });

  it('uses the ports it was asked for, shows the Web UI, and keeps them', async () => {
    home = createHome();
    const [temporal = 0, web_ui = 0, postgres = 0] = await freePorts(3);
    const first = await home.up({ ports: { temporal, web_ui, postgres }, headless: false });
    expect(first.urls).toMatchObject({ temporal: `127.0.0.1:${temporal}`, web_ui: `http://127.0.0.1:${web_ui}` });
    expect(first.urls.database).toContain(`:${postgres}/`);
    const page = await fetch(first.urls.web_ui ?? '');
    expect(page.status).toBe(200);
    await stopStack({ env: home.env });
    expect((await home.up({ headless: false })).urls).toEqual(first.urls);
    const socket = connect(postgres, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.destroy();
  });

  it('says so when it already runs with other ports', async () => {
    home = createHome();
    await home.up();
    const lines: string[] = [];
    await home.up({ ports: { temporal: 1 }, report: (line) => lines.push(line) });
    expect(lines.join()).toContain('already runs with other ports (temporal)');
  });

  it('leaves the parts to others that the environment names', async () => {
    home = createHome('home', {
      OMNIBASE_DATABASE_URL: inject('databaseUrl'),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    });
    const status = await home.up();
    expect(status.parts.map(({ name, state }) => [name, state])).toEqual([
      ['postgres', 'external'],
      ['temporal', 'external'],
      ['control', 'ready'],
      ['host', 'ready'],
      ['api', 'ready'],
    ]);
    expect(home.starts()[0]).toMatchObject({
      OMNIBASE_DATABASE_URL: inject('databaseUrl'),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    });
    expect(status.urls.web_ui).toBeNull();
    const lines: string[] = [];
    const other = { ...home.env, OMNIBASE_DATABASE_URL: 'postgresql://u:secret@elsewhere/d' };
    await home.up({ env: other, report: (line) => lines.push(line) });
    expect(lines.join()).toContain('another database');
    expect(lines.join()).not.toContain('secret');
  });

  it('refuses a port that is taken, at once and by name', async () => {
    home = createHome();
    const [, port = 0] = inject('temporalAddress').split(':').map(Number);
    const attempt = ensureStack({ env: home.env, serveCommand: standIn, ports: { temporal: port } });
    await expect(attempt).rejects.toMatchObject({ code: 'OB011', details: { part: 'temporal', port } });
    expect(home.supervisorPid()).toBe(0);
  });

  it('refuses a wrong configuration before anything starts', async () => {
    home = createHome('home', { OMNIBASE_DATABASE_URL: 'host=far' });
    await expect(home.up()).rejects.toMatchObject({ code: 'OB003', exitCode: 2 });
    expect(home.supervisorPid()).toBe(0);
  });

  it('tells what was tried when there is no Temporal server to be had', async () => {
    home = createHome('home', { TEMPORAL_CLI_PATH: '/nonexistent/temporal' });
    const started = performance.now();
    await expect(home.up()).rejects.toMatchObject({ code: 'OB012', exitCode: 6 });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
