/** The shape of a Prometheus rule file, as its documentation has it ("Recording rules", "Alerting rules"). */
import { z } from 'zod';

const duration = z.string().regex(/^(\d+(ms|[smhdwy]))+$/);
const labelName = z.string().regex(/^[a-zA-Z_]\w*$/);
const templated = z.string().min(1).refine(isTemplate, 'is a template of $value and $labels only');

const alert = z.strictObject({
  alert: z.string().regex(/^[A-Z][A-Za-z0-9]*$/),
  expr: z.string().min(1),
  for: duration.optional(),
  keep_firing_for: duration.optional(),
  labels: z.record(labelName, z.string()).and(z.object({ severity: z.enum(['critical', 'warning']) })),
  annotations: z.strictObject({ summary: templated, description: templated, runbook: z.string().regex(/^docs\//) }),
});

export const rulesSchema = z.strictObject({
  groups: z
    .array(z.strictObject({ name: z.string().min(1), interval: duration.optional(), rules: z.array(alert).min(1) }))
    .min(1),
});

/** The shape of unit tests of rules ("Unit Testing for Rules"), as far as is looked at here. */
export const alertTestsSchema = z.strictObject({
  rule_files: z.tuple([z.literal('rules.yml')]),
  evaluation_interval: duration,
  tests: z.array(
    z.looseObject({
      name: z.string(),
      interval: duration,
      input_series: z.array(z.strictObject({ series: z.string(), values: z.string() })),
    }),
  ),
});

/** Braces that are left over would be shown as they are, or refused by Prometheus. */
function isTemplate(text: string): boolean {
  return !/[{}]/.test(text.replaceAll(/\{\{ \$(value|labels\.\w+)( \| humanize(Duration|Percentage)?)? \}\}/g, ''));
}
