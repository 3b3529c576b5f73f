/** The alerts that registration.md 11 asks for, in a file Prometheus reads, with runbooks that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultNodeSettings } from '../../../contracts/node/settings.ts';
import { parsePromql } from './support/promql.ts';
import { root, rules } from './support/queries.ts';

const alerts = rules().groups.flatMap((group) => group.rules);

describe('prometheus/rules.yml', () => {
  it.each([
    ['OmniBaseSweepSilent', '>', 20],
    ['OmniBaseOutboxStalled', '>', 30],
    ['OmniBaseRegistrationPending', '>', 60],
    ['OmniBaseAckReceiptUnapplied', '>', 30],
  ])('%s fires beyond its limit in seconds, at once', (name, operator, limit) => {
    const alert = alerts.find((one) => one.alert === name);
    expect(alert?.for).toBeUndefined();
    expect(parsePromql(alert?.expr ?? '')).toMatchObject({ operator, right: { kind: 'number', value: limit } });
  });

  it('tells of active nodes without a beat for a window', () => {
    const alert = alerts.find((one) => one.alert === 'OmniBaseNoHeartbeats');
    const [, minutes = '0'] = /omnibase_heartbeats_total\{result="accepted"\}\[(\d+)m\]/.exec(alert?.expr ?? '') ?? [];
    expect(Number(minutes) * 60_000).toBeGreaterThanOrEqual(defaultNodeSettings.registration.liveness_window_ms);
    expect(parsePromql(alert?.expr ?? '')).toMatchObject({ kind: 'binary', operator: 'unless' });
  });

  it('names each alert once', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(alerts)('$alert leads to a page and a heading that exist', ({ annotations: { runbook } }) => {
    const [page = '', anchor] = runbook.split('#');
    expect(existsSync(join(root, page)), page).toBe(true);
    if (anchor === undefined) return;
    const headings = readFileSync(join(root, page), 'utf8').matchAll(/^#+ (.+)$/gm);
    expect([...headings].map(([, heading = '']) => slugOf(heading))).toContain(anchor);
  });
});

/** As the usual renderers of Markdown make it. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
