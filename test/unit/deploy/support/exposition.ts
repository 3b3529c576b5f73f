/** What a process emits, read from its `/metrics`: the series of each metric with their labels, as Prometheus stores them. */

export type MetricType = 'counter' | 'gauge' | 'histogram';
export type Labels = Readonly<Record<string, string>>;

export interface Series {
  /** Of the metric it belongs to: `x_seconds_bucket` belongs to the histogram `x_seconds`. */
  readonly type: MetricType;
  readonly labels: readonly Labels[];
}

/** Name as it is selected → its series. A metric that is registered and has no series yet is there with none. */
export type Exposition = ReadonlyMap<string, Series>;

export function readExposition(text: string): Exposition {
  const types = new Map<string, MetricType>();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) types.set(name, metricType(type));
  const found = new Map<string, { type: MetricType; labels: Labels[] }>();
  for (const [metric, type] of types) {
    for (const name of type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => metric + end) : [metric]) {
      found.set(name, { type, labels: [] });
    }
  }
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/gm)) {
    found.get(name)?.labels.push(readLabels(labels));
  }
  return found;
}

function readLabels(text: string): Labels {
  const pairs = text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries([...pairs].map(([, label = '', value = '']) => [label, value]));
}

function metricType(text: string): MetricType {
  if (text === 'counter' || text === 'gauge' || text === 'histogram') return text;
  throw new Error(`no rule or panel knows how to use a metric of type ${text}`);
}
