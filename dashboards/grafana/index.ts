import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import { AGENTS_BOARD } from './boards/agents.ts';
import { CHIEF } from './boards/chief.ts';
import { EXPORTER } from './boards/exporter.ts';
import { FLOW } from './boards/flow.ts';
import { lifecycleBoard } from './boards/lifecycle.ts';
import { render } from './render.ts';
import { loadSdk } from './sdk.ts';
import type { TraceStore } from './trace-links.ts';

/** Which dashboards are made, and where their links lead. */
export interface GrafanaOptions {
  /** Adds a fifth dashboard with the columns of this lifecycle in their order. Default: none. */
  readonly lifecycle?: Lifecycle;
  /** What keeps the spans; links ask it in its own language. Default: `tempo`. */
  readonly traces?: TraceStore;
}

/** One dashboard, ready to be written to a file. */
export interface GrafanaDashboard {
  /** The file's name, such as `quadro-flow.json`. */
  readonly file: string;
  readonly title: string;
  /** The file's text, JSON that ends in a line break. */
  readonly json: string;
}

/**
 * Makes the four dashboards for Grafana, and a fifth for a lifecycle. Equal options give equal bytes.
 *
 * @throws ConfigurationError (`missing_package`) where `@grafana/grafana-foundation-sdk` is not installed.
 * @example
 * for (const { file, json } of await grafanaDashboards({ lifecycle: newsroom })) await writeFile(join('grafana', file), json);
 */
export async function grafanaDashboards(options: GrafanaOptions = {}): Promise<readonly GrafanaDashboard[]> {
  const { lifecycle, traces = 'tempo' } = options;
  const sdk = await loadSdk();
  const boards = [FLOW, CHIEF, AGENTS_BOARD, EXPORTER, ...(lifecycle === undefined ? [] : [lifecycleBoard(lifecycle)])];
  return boards.map(board => ({
    file: `${board.name}.json`,
    title: board.title,
    json: render(sdk, board, traces),
  }));
}
