import { expect, it } from 'vitest';
import { acceptsOpenMetrics } from '../../exporters/prometheus/accepts-open-metrics.ts';

it.each([
  // What Prometheus 2.42 sends.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    true,
  ],
  ['application/openmetrics-text', true],
  ['Application/OpenMetrics-Text ; Q=0.2', true],
  ['text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5', false],
  ['application/openmetrics-text;q=0', false],
  ['application/openmetrics-text;q=many', false],
  ['text/html,*/*', false],
  ['', false],
])('%s: %s', (accept, expected) => {
  expect(acceptsOpenMetrics(accept)).toBe(expected);
});
