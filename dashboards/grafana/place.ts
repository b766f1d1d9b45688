/** Where panels stand: Grafana's grid has 24 columns, and a row of it is 30 pixels high. */
import type { Band, PanelSpec, Section } from './spec.ts';

/** Columns of the grid. */
const GRID_COLUMNS = 24;

/** Where something stands in the grid. */
export interface GridPlace {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A heading, or a panel, with its number and its place. */
export type Placed = { readonly id: number; readonly place: GridPlace } & (
  | { readonly heading: string }
  | { readonly panel: PanelSpec }
);

/** The columns that each panel of a band has: its own, or an equal share of what those leave. */
function widthsOf({ panels }: Band): number[] {
  const taken = panels.reduce((sum, { width = 0 }) => sum + width, 0);
  const open = panels.filter(({ width }) => width === undefined).length;
  const share = open === 0 ? 0 : Math.floor((GRID_COLUMNS - taken) / open);
  return panels.map(({ width }) => width ?? share);
}

function* placeBand(band: Band, y: number): Generator<{ panel: PanelSpec; place: GridPlace }> {
  let x = 0;
  for (const [index, w] of widthsOf(band).entries()) {
    const panel = band.panels[index];
    if (panel === undefined) continue;
    if (w < 1 || x + w > GRID_COLUMNS) {
      throw new Error(`The panel ${panel.title} does not fit into its band`);
    }
    yield { panel, place: { x, y, w, h: band.height } };
    x += w;
  }
}

/** Every heading and panel from top to bottom, numbered from 1, each below all that came before its band. */
export function place(sections: readonly Section[]): Placed[] {
  const placed: Placed[] = [];
  let y = 0;
  for (const { title, bands } of sections) {
    placed.push({ id: placed.length + 1, heading: title, place: { x: 0, y, w: GRID_COLUMNS, h: 1 } });
    y += 1;
    for (const band of bands) {
      for (const each of placeBand(band, y)) placed.push({ id: placed.length + 1, ...each });
      y += band.height;
    }
  }
  return placed;
}
