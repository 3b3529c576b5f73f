/** Every expression under `deploy/`, as Prometheus gets it, and the labels that its texts show. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { dashboardSchema } from './dashboard-schema.ts';
import { alertTestsSchema, rulesSchema } from './rules-schema.ts';

export const root = join(import.meta.dirname, '../../../..');

export interface DeployedQuery {
  /** For messages: alert, or panel and target. */
  readonly where: string;
  readonly expression: string;
  /** Labels that legends and annotations show. */
  readonly shown: readonly string[];
}

/** What Grafana would put there. */
const variables: Readonly<Record<string, string>> = { $__rate_interval: '1m', $domain: '.*' };

export const rules = () => rulesSchema.parse(yaml('deploy/prometheus/rules.yml'));

/** Tests of the alerts over time, for `promtool`. */
export const alertTests = () => alertTestsSchema.parse(yaml('deploy/prometheus/rules.test.yml'));

export const dashboard = () =>
  dashboardSchema.parse(JSON.parse(readFileSync(join(root, 'deploy/grafana/nodes.json'), 'utf8')));

export function alertQueries(): readonly DeployedQuery[] {
  return rules().groups.flatMap(({ rules: alerts }) =>
    alerts.map(({ alert, expr, annotations }) => ({
      where: alert,
      expression: expr,
      shown: Object.values(annotations).flatMap((text) => shownBy(text, /\$labels\.(\w+)/g)),
    })),
  );
}

export function dashboardQueries(): readonly DeployedQuery[] {
  const { panels, annotations } = dashboard();
  const targets = panels.flatMap((panel) =>
    panel.type === 'row' ? [] : panel.targets.map((target) => ({ panel, target })),
  );
  return [
    ...targets.map(({ panel, target }) => ({
      where: `${panel.title} ${target.refId}`,
      expression: withVariables(target.expr),
      shown: shownBy(target.legendFormat, /\{\{\s*(\w+)\s*\}\}/g),
    })),
    ...annotations.list.flatMap(({ name, expr }) =>
      expr === undefined ? [] : [{ where: name, expression: withVariables(expr), shown: [] }],
    ),
  ];
}

function yaml(path: string): unknown {
  return parse(readFileSync(join(root, path), 'utf8'));
}

function withVariables(expression: string): string {
  return Object.entries(variables).reduce((text, [name, value]) => text.replaceAll(name, value), expression);
}

function shownBy(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, label = '']) => label);
}
