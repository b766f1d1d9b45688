import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from '../../exporters/prometheus/index.ts';

/** A line of a registry, as `getMetricsAsJSON` gives it. */
interface JsonSample {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
}

/** The label sets of a metric, each once; a histogram's lines have the same one with other bounds. */
function labelSets(samples: readonly JsonSample[]): Record<string, string>[] {
  const sets = samples.map(({ labels: { le: _, ...labels } }) => {
    return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
  });
  return [...new Map(sets.map(labels => [JSON.stringify(labels), labels])).values()];
}

function boundsOf(samples: readonly JsonSample[]): number[] {
  const bounds = new Set(samples.flatMap(({ labels: { le } }) => (le === undefined ? [] : [Number(le)])));
  return [...bounds].filter(Number.isFinite).sort((a, b) => a - b);
}

/** A registry of prom-client's own metrics that has the very label sets and buckets of another. */
export async function plainRegistry(other: Pick<Registry, 'getMetricsAsJSON'>): Promise<Registry> {
  const registry = new Registry();
  const shown = new Map((await other.getMetricsAsJSON()).map(metric => [metric.name, metric.values]));
  for (const { name, help, type, labels } of METRICS) {
    const samples: readonly JsonSample[] = shown.get(name) ?? [];
    const config = { name, help, labelNames: [...labels], registers: [registry] };
    const sets = labelSets(samples);
    // Without labels it would print a 0 that the other does not have.
    if (sets.length === 0) continue;
    if (type === 'histogram') {
      const histogram = new Histogram({ ...config, buckets: boundsOf(samples) });
      for (const set of sets) histogram.observe(set, 1);
    } else if (type === 'counter') {
      const counter = new Counter(config);
      for (const set of sets) counter.inc(set, 1);
    } else {
      const gauge = new Gauge(config);
      for (const set of sets) gauge.set(set, 1);
    }
  }
  return registry;
}
