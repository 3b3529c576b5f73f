/** Every alert and panel can show something: its metrics and labels are those that the product's own code emits. */
import { beforeAll, describe, expect, it } from 'vitest';
import { selfCheckDomain } from '../../../workers/self-check.ts';
import { checkQuery } from './support/check-query.ts';
import { emittedMetrics } from './support/emitted.ts';
import type { Exposition, Series } from './support/exposition.ts';
import { alertQueries, alertTests, dashboardQueries, type DeployedQuery } from './support/queries.ts';

/** Of the engine's own library: held by `test/integration/deploy`, where such a failure happens. */
const isForeign = ({ expression }: DeployedQuery): boolean => expression.includes('temporal_');

let emitted: Exposition;
beforeAll(async () => {
  emitted = await emittedMetrics();
});

const queries = [...alertQueries(), ...dashboardQueries()];
const own = queries.filter((query) => !isForeign(query));

describe('every expression', () => {
  it.each(own)('$where matches what is emitted', ({ expression, shown }) => {
    const { problems, labels } = checkQuery(expression, emitted);
    expect(problems).toEqual([]);
    expect([...labels]).toEqual(expect.arrayContaining([...shown]));
  });

  it('is left to the integration test only where the engine emits it', () => {
    expect(queries.filter(isForeign).map(({ where }) => where)).toEqual(['OmniBaseWorkflowTaskFailing']);
  });

  it('counts no synthetic node among the fleet', () => {
    for (const { where, expression } of own) {
      if (!/omnibase_registration_state\{/.test(expression)) continue;
      expect(expression, where).toContain(`domain!="${selfCheckDomain}"`);
    }
  });
});

describe('the tests for promtool', () => {
  const { tests } = alertTests();

  it('feed the alerts with series that are emitted', () => {
    const series = new Set(tests.flatMap(({ input_series }) => input_series.map(({ series: selector }) => selector)));
    expect(series.size).toBeGreaterThan(10);
    for (const selector of series) {
      // The scraper adds the instance; what the engine emits is held elsewhere.
      const own = selector.replace(/,?instance="\w"/, '');
      if (own.startsWith('temporal_')) continue;
      const problems = checkQuery(own, emitted).problems.filter((problem) => !problem.startsWith('a bare'));
      expect(problems, selector).toEqual([]);
    }
  });

  it('see each alert fire', () => {
    const expected = JSON.stringify(tests);
    for (const { where } of alertQueries()) expect(expected).toContain(`alertname=\\"${where}\\"`);
  });
});

describe('a metric or label that is renamed', () => {
  it('is missed by each expression that uses the metric', () => {
    const names = new Set(own.flatMap(({ expression }) => checkQuery(expression, emitted).names));
    expect(names.size).toBeGreaterThan(25);
    for (const name of names) {
      const renamed = changed(name, (series) => [`${name}_renamed`, series]);
      const users = own.filter(({ expression }) => checkQuery(expression, emitted).names.includes(name));
      for (const { where, expression } of users) {
        expect(checkQuery(expression, renamed).problems, where).toContain(`${name} is not emitted`);
      }
    }
  });

  it('is missed where a label groups, selects or is shown', () => {
    const labelled = own.filter(({ expression }) => /\bby \(|\{/.test(expression));
    expect(labelled.length).toBeGreaterThan(25);
    for (const { where, expression, shown } of labelled) {
      const { names } = checkQuery(expression, emitted);
      for (const name of names.filter((name) => emitted.get(name)?.labels.some((one) => Object.keys(one).length > 0))) {
        const bare = changed(name, (series) => [name, { ...series, labels: series.labels.map(renameLabels) }]);
        const { problems, labels } = checkQuery(expression, bare);
        const unlabelled = !usesLabelsOf(expression, name) && shown.every((label) => labels.has(label));
        expect(problems.length > 0 || unlabelled, `${where}: ${name}`).toBe(true);
      }
    }
  });

  it('is missed where a value of a label is gone', () => {
    const active = changed('omnibase_registration_state', (series) => [
      'omnibase_registration_state',
      { ...series, labels: series.labels.filter(({ state }) => state !== 'active') },
    ]);
    const missed = own.filter(({ expression }) => checkQuery(expression, active).problems.length > 0);
    expect(missed.map(({ where }) => where)).toEqual(['OmniBaseNoHeartbeats', 'Active nodes A']);
  });
});

function changed(name: string, change: (series: Series) => [string, Series]): Exposition {
  return new Map([...emitted].map(([known, series]) => (known === name ? change(series) : [known, series])));
}

function renameLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [`${label}_renamed`, value]));
}

/** Whether the expression names a label for this metric at all. */
function usesLabelsOf(expression: string, name: string): boolean {
  return new RegExp(`by \\(|${name}\\{`).test(expression);
}
