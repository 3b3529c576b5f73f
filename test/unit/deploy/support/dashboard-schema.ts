/** The shape of a Grafana dashboard (schema version 39), as far as ours use it; loose where Grafana adds by itself. */
import { z } from 'zod';

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const gridPos = z.strictObject({
  h: z.int().min(1),
  w: z.int().min(1).max(24),
  x: z.int().min(0).max(23),
  y: z.int().min(0),
});
/** Of those Grafana knows, the ones in use. */
const unit = z.enum(['short', 'ops', 's', 'cpm']);
const step = z.strictObject({ color: z.string(), value: z.number().nullable() });

const target = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource,
  editorMode: z.literal('code'),
  expr: z.string().min(1),
  legendFormat: z.string().min(1),
  range: z.literal(true),
});

const row = z.strictObject({
  id: z.int().min(1),
  type: z.literal('row'),
  title: z.string().min(1),
  collapsed: z.literal(false),
  gridPos,
  panels: z.array(z.never()),
});

const panel = z.strictObject({
  id: z.int().min(1),
  type: z.enum(['timeseries', 'stat']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource,
  fieldConfig: z.strictObject({
    defaults: z.looseObject({
      unit,
      thresholds: z.strictObject({ mode: z.literal('absolute'), steps: z.tuple([step], step) }).optional(),
    }),
    overrides: z.array(z.never()),
  }),
  options: z.looseObject({}),
  gridPos,
  targets: z.array(target).min(1),
});

const variable = z.looseObject({
  name: z.string().regex(/^\w+$/),
  type: z.enum(['datasource', 'query']),
  label: z.string().min(1),
});

export const dashboardSchema = z.looseObject({
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  schemaVersion: z.literal(39),
  refresh: z.string(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  annotations: z.strictObject({ list: z.array(z.looseObject({ name: z.string(), expr: z.string().optional() })) }),
  templating: z.strictObject({ list: z.array(variable) }),
  panels: z.array(z.discriminatedUnion('type', [row, panel])),
});
