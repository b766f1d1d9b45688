import { importPeer } from '../../board/missing-package.ts';

/** The parts of Grafana's Foundation SDK that the boards are made with. */
export interface Sdk {
  readonly bargauge: typeof import('@grafana/grafana-foundation-sdk/bargauge');
  readonly common: typeof import('@grafana/grafana-foundation-sdk/common');
  readonly dashboard: typeof import('@grafana/grafana-foundation-sdk/dashboard');
  readonly heatmap: typeof import('@grafana/grafana-foundation-sdk/heatmap');
  readonly prometheus: typeof import('@grafana/grafana-foundation-sdk/prometheus');
  readonly stat: typeof import('@grafana/grafana-foundation-sdk/stat');
  readonly statetimeline: typeof import('@grafana/grafana-foundation-sdk/statetimeline');
  readonly text: typeof import('@grafana/grafana-foundation-sdk/text');
  readonly timeseries: typeof import('@grafana/grafana-foundation-sdk/timeseries');
}

/**
 * Loads Grafana's Foundation SDK.
 *
 * @throws ConfigurationError (`missing_package`) where it is not installed.
 */
export function loadSdk(): Promise<Sdk> {
  return importPeer('@grafana/grafana-foundation-sdk', async () => ({
    bargauge: await import('@grafana/grafana-foundation-sdk/bargauge'),
    common: await import('@grafana/grafana-foundation-sdk/common'),
    dashboard: await import('@grafana/grafana-foundation-sdk/dashboard'),
    heatmap: await import('@grafana/grafana-foundation-sdk/heatmap'),
    prometheus: await import('@grafana/grafana-foundation-sdk/prometheus'),
    stat: await import('@grafana/grafana-foundation-sdk/stat'),
    statetimeline: await import('@grafana/grafana-foundation-sdk/statetimeline'),
    text: await import('@grafana/grafana-foundation-sdk/text'),
    timeseries: await import('@grafana/grafana-foundation-sdk/timeseries'),
  }));
}
