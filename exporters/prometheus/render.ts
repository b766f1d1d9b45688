import { acceptsOpenMetrics } from './accepts-open-metrics.ts';
import type { AnyRegistry } from './metric-view.ts';

/** Metrics as text, with the header that says in which format. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** The format that has exemplars. */
export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Format = typeof TEXT | typeof OPEN_METRICS;

/** The format that a scraper's Accept header asks for. */
export function formatOf(accept: string): Format {
  return acceptsOpenMetrics(accept) ? OPEN_METRICS : TEXT;
}

/** Prints a registry in a format, and leaves it as it was: rendering OpenMetrics renames prom-client's counters. */
export async function render(registry: AnyRegistry, format: Format): Promise<string> {
  const before = registry.contentType;
  const names = registry.getMetricsAsArray().map(metric => ({ metric: metric as { name: string }, name: '' }));
  for (const each of names) each.name = each.metric.name;
  try {
    registry.setContentType(format);
    return await registry.metrics();
  } finally {
    registry.setContentType(before);
    for (const { metric, name } of names) metric.name = name;
  }
}
