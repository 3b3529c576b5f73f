/** The registry's series: names, labels, and the window of the hit ratio. */
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { HitRatio } from '../../../api/metrics/hit-ratio.ts';
import { createRegistryMetrics } from '../../../api/metrics/registry-metrics.ts';

describe('what the registry tells', () => {
  it('becomes the series of registry.md 12', async () => {
    const registry = new Registry();
    const observer = createRegistryMetrics(registry);
    observer.call({ operation: 'lookup', outcome: 'ok', code: null, duration_ms: 3 });
    observer.call({ operation: 'register', outcome: 'failed', code: 'RG002', duration_ms: 7 });
    observer.query('search', 15);
    for (const result of ['hit', 'hit', 'hit', 'miss'] as const) observer.cacheRequest('l1', result);
    observer.cacheError('l3', 'corrupt');
    observer.sync('incremental', 'ok', 20);
    observer.sync('full', 'failed', 20);
    observer.authorization('registry.write', 'denied');
    observer.readOnly(true);
    const lines = (await registry.metrics()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'registry_operations_total{operation="lookup",outcome="ok",code=""} 1',
        'registry_operations_total{operation="register",outcome="failed",code="RG002"} 1',
        'registry_operation_duration_seconds_count{operation="lookup",outcome="ok"} 1',
        'query_latency_ms_bucket{le="10",operation="search"} 0',
        'query_latency_ms_bucket{le="20",operation="search"} 1',
        'cache_hit_ratio{level="l1"} 0.75',
        'registry_cache_requests_total{level="l1",result="hit"} 3',
        'registry_cache_errors_total{level="l3",kind="corrupt"} 1',
        'registry_sync_operations_total{kind="full",outcome="failed"} 1',
        'registry_sync_duration_seconds_count{kind="incremental"} 1',
        'registry_authorization_checks_total{action="registry.write",result="denied"} 1',
        'registry_read_only 1',
      ]),
    );
    expect(lines.find((line) => line.startsWith('registry_last_sync_timestamp_seconds '))).toMatch(/ 1\d{9}/);
  });
});

describe('the hit ratio', () => {
  it('forgets what is older than five minutes', () => {
    const ratio = new HitRatio();
    for (let minute = 0; minute < 4; minute += 1) ratio.count(false, minute * 60_000);
    expect(ratio.value(240_000)).toBe(0);
    ratio.count(true, 300_000);
    expect(ratio.value(300_000)).toBeCloseTo(0.25);
    expect(ratio.value(10 * 60_000)).toBeNaN();
    ratio.count(true, 10 * 60_000);
    expect(ratio.value(10 * 60_000)).toBe(1);
  });

  it('has no value before the first question', () => {
    expect(new HitRatio().value(1_000_000)).toBeNaN();
  });
});
