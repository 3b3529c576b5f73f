/** The reader of expressions: what it understands, and that it refuses what can never be true. */
import { describe, expect, it } from 'vitest';
import { checkQuery } from './support/check-query.ts';
import { readExposition } from './support/exposition.ts';
import { parsePromql } from './support/promql.ts';

const emitted = readExposition(`
# TYPE beats_total counter
beats_total{path="a",result="ok"} 1
beats_total{path="b",result="bad \\" {,}"} 1
# TYPE age_seconds gauge
age_seconds{part="sweep"} 3
age_seconds{part="ingest"} 3
# TYPE took_seconds histogram
took_seconds_bucket{le="1",path="a"} 1
took_seconds_bucket{le="+Inf",path="a"} 1
took_seconds_sum{path="a"} 1
took_seconds_count{path="a"} 1
# TYPE silent_total counter
`);

describe('expressions that show something', () => {
  it.each([
    ['max(age_seconds) > 20', []],
    ['age_seconds{part=~"sw.*",part!="ingest"}', ['part']],
    ['sum by (path) (rate(beats_total{result!~"bad.*"}[5m]))', ['path']],
    ['sum(rate(beats_total[1h30m])) without (result)', ['path']],
    ['histogram_quantile(0.95, sum by (le, path) (rate(took_seconds_bucket[1m])))', ['path']],
    ['sum(rate(took_seconds_sum[1m])) / sum(rate(took_seconds_count[1m]))', []],
    ['60 * sum by (path) (increase(beats_total[1m]))', ['path']],
    ['max by (part) (age_seconds) > on (part) min by (part) (age_seconds)', ['part']],
    ['sum(age_seconds) > 0 unless sum(rate(beats_total[2m])) > 0', []],
    ['max_over_time(age_seconds{part="sweep"}[5m])', ['part']],
    ['count(beats_total)', []],
  ])('%s', (text, labels) => {
    const checked = checkQuery(text, emitted);
    expect(checked.problems).toEqual([]);
    expect([...checked.labels]).toEqual(labels);
  });

  it('binds operators as Prometheus does', () => {
    expect(parsePromql('a > 1 unless b + c * 2 > 0 or d')).toMatchObject({
      operator: 'or',
      left: { operator: 'unless', right: { operator: '>', left: { operator: '+', right: { operator: '*' } } } },
    });
  });
});

describe('expressions that never would', () => {
  it.each([
    ['no_such_metric', 'no_such_metric is not emitted'],
    ['silent_total', 'silent_total{} matches nothing'],
    ['age_seconds{part="swept"}', 'age_seconds{part=swept} matches nothing'],
    ['age_seconds{part=~"sweep|gateway"}', 'age_seconds has no part gateway'],
    ['age_seconds{component!="sweep"}', 'age_seconds has no label component'],
    ['sum by (state) (age_seconds)', 'sum by state, which is not there'],
    ['sum(beats_total)', 'a bare counter'],
    ['beats_total > 3', 'a bare counter'],
    ['beats_total', 'a bare counter'],
    ['rate(age_seconds[5m])', 'rate of a gauge'],
    ['max_over_time(beats_total[5m])', 'max_over_time of a counter'],
    ['rate(beats_total)', 'rate takes a range, not vector'],
    ['age_seconds[5m]', 'a range cannot be shown'],
    [
      'histogram_quantile(0.5, sum by (path) (rate(took_seconds_bucket[1m])))',
      'histogram_quantile without the label le',
    ],
    ['sum(age_seconds) > max by (part) (age_seconds)', 'the sides of > never meet: () and (part)'],
    ['age_seconds and on (path) rate(beats_total[1m])', 'and on path, absent on a side'],
    ['age_seconds unless 3', 'unless of a number'],
  ])('%s', (text, problem) => {
    expect(checkQuery(text, emitted).problems).toContain(problem);
  });

  it.each([
    'sum(',
    'a{b=c}',
    'a{b="c"',
    'rate(a[5])',
    'a >',
    'a b',
    'predict_linear(a[5m], 3)',
    'a @ 3',
    'sum(a, b)',
    '',
  ])('refuses what it does not understand: %s', (text) => {
    expect(checkQuery(text, emitted).problems[0]).toMatch(/^Error: /);
  });
});
