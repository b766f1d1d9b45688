import { html, type Markup } from '../html.ts';
import { INK, MUTED, PAPER } from '../palette.ts';
import { type GraphLayout, layOut, type Place, type Route } from './graph-layout.ts';
import { fitted, type Pen, textWidth } from './pen.ts';

/** A box of the map; the first are at its top. */
export interface MapNode {
  readonly name: string;
  /** The line beneath its name. */
  readonly figure: string;
  /** Colours down its left edge, by share. */
  readonly stripe: readonly { readonly color: string; readonly share: number }[];
}

/** An arrow of the map; its ends are places in the list of nodes. */
export interface MapEdge {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly figure: string;
  readonly color: string;
  readonly title: string;
}

const NODE_HEIGHT = 46;
const STRIPE = 6;
const WIDEST_NAME = 190;
const MARGIN = 6;
const ARROW = 9;
const LEAST_SCALE = 0.75;

const at = ({ x, y }: Place): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;

function boxOf({ name, figure }: MapNode): { width: number; height: number } {
  // Its name is bold.
  const longest = Math.max(textWidth(fitted(name, WIDEST_NAME)) * 1.1, textWidth(figure));
  return { width: Math.ceil(longest) + STRIPE + 14, height: NODE_HEIGHT };
}

function stripeOf(node: MapNode, left: number, top: number): Markup[] {
  let y = top;
  return node.stripe.map(({ color, share }) => {
    const height = share * NODE_HEIGHT;
    const part = html`<rect x="${left}" y="${y.toFixed(1)}" width="${STRIPE}" height="${height.toFixed(1)}" fill="${color}"/>`;
    y += height;
    return part;
  });
}

function nodeMarkup(node: MapNode, center: Place): Markup {
  const { width } = boxOf(node);
  const left = Math.round(center.x - width / 2);
  const top = Math.round(center.y - NODE_HEIGHT / 2);
  const middle = left + STRIPE + (width - STRIPE) / 2;
  return html`<g><title>${node.name}: ${node.figure}</title>
<rect x="${left}" y="${top}" width="${width}" height="${NODE_HEIGHT}" fill="${PAPER}" stroke="${MUTED}"/>${stripeOf(node, left, top)}
<text x="${middle}" y="${top + 19}" fill="${INK}" font-weight="600">${fitted(node.name, WIDEST_NAME)}</text>
<text x="${middle}" y="${top + 36}" fill="${MUTED}">${node.figure}</text></g>`;
}

/** The head of an arrow from the end of its curve to its tip. */
function headOf({ curve, tip }: Route): string {
  const from = curve.at(-1) ?? tip;
  const length = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
  const [ux, uy] = [(tip.x - from.x) / length, (tip.y - from.y) / length];
  const base = { x: tip.x - ux * ARROW, y: tip.y - uy * ARROW };
  const side = (sign: number): Place => ({ x: base.x - uy * sign * (ARROW / 2), y: base.y + ux * sign * (ARROW / 2) });
  return `M${at(tip)}L${at(side(1))}L${at(side(-1))}Z`;
}

function edgeMarkup(edge: MapEdge, route: Route, most: number): Markup {
  const [start = { x: 0, y: 0 }, ...rest] = route.curve;
  const width = (1 + 4 * Math.sqrt(edge.count / most)).toFixed(1);
  return html`<g><title>${edge.title}</title><path d="M${at(start)}C${rest.map(at).join(' ')}" fill="none" stroke="${edge.color}" stroke-width="${width}" stroke-opacity="0.75"/>
<path d="${headOf(route)}" fill="${edge.color}"/></g>`;
}

function labelMarkup(edge: MapEdge, { label }: Route): Markup | null {
  if (label === null) return null;
  return html`<text x="${label.x.toFixed(1)}" y="${(label.y + 4).toFixed(1)}" fill="${INK}" stroke="${PAPER}" stroke-width="4" paint-order="stroke">${edge.figure}</text>`;
}

/** Boxes and arrows, laid out from top to bottom; the more often a step was taken, the thicker its arrow. */
export function drawMap(pen: Pen, nodes: readonly MapNode[], edges: readonly MapEdge[]): Markup {
  const most = Math.max(1, ...edges.map(({ count }) => count));
  const arcs = edges.map(({ from, to, figure, count }) => ({
    from,
    to,
    label: figure,
    weight: 1 + Math.round((20 * count) / most),
  }));
  const layout: GraphLayout = layOut(pen.viz, nodes.map(boxOf), arcs);
  const routed = edges.map((edge, index) => ({
    edge,
    route: layout.routes[index] ?? { curve: [], tip: { x: 0, y: 0 }, label: null },
  }));
  const [width, height] = [Math.ceil(layout.width) + 2 * MARGIN, Math.ceil(layout.height) + 2 * MARGIN];
  // A little too wide it is made smaller, as long as it can be read; beyond it is scrolled.
  const scale = Math.min(1, Math.max(pen.width / width, LEAST_SCALE));
  const [shownWidth, shownHeight] = [Math.round(width * scale), Math.round(height * scale)];
  return html`<svg viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}" width="${shownWidth}" height="${shownHeight}" text-anchor="middle">
${routed.map(({ edge, route }) => edgeMarkup(edge, route, most))}
${nodes.map((node, index) => nodeMarkup(node, layout.boxes[index] ?? { x: 0, y: 0 }))}
${routed.map(({ edge, route }) => labelMarkup(edge, route))}</svg>`;
}
