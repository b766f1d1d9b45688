import type { Viz } from '@viz-js/viz';

/** A node to be laid out: a box of so many pixels. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

/** An edge to be laid out, with room for a label. */
export interface Arc {
  /** Places in the list of nodes. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
  /** The heavier, the straighter. */
  readonly weight: number;
}

/** A place on the drawing, in pixels from its upper left. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where an edge runs: a Bézier curve, and the tip of its arrow. */
export interface Route {
  readonly curve: readonly Place[];
  readonly tip: Place;
  readonly label: Place | null;
}

/** Where everything is. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** Centres, in the order of the nodes. */
  readonly boxes: readonly Place[];
  readonly routes: readonly Route[];
}

/** What is read of Graphviz's JSON. */
interface GraphJson {
  readonly bb: string;
  readonly objects?: readonly { readonly name: string; readonly pos: string }[];
  readonly edges?: readonly { readonly id: string; readonly pos: string; readonly lp?: string }[];
}

/** Graphviz counts in points of an inch; a point is a pixel here. */
const INCH = 72;
/** Larger than it is drawn, since readers' fonts are wider than the one Graphviz knows. */
const LABEL_FONT = { fontname: 'Arial', fontsize: 15 } as const;

function placeOf(text: string): Place {
  const [x = 0, y = 0] = text.split(',').map(Number);
  return { x, y };
}

/** Reads `e,x,y x,y x,y …`: the tip of the arrow, and the points of the curve. */
function routeOf(pos: string, lp: string | undefined): Route {
  const [spline = ''] = pos.split(';');
  const words = spline.split(' ').filter(word => word !== '');
  const tip = words.find(word => word.startsWith('e,'))?.slice(2);
  const curve = words.filter(word => !/^[es],/.test(word)).map(placeOf);
  return {
    curve,
    tip: tip === undefined ? (curve.at(-1) ?? { x: 0, y: 0 }) : placeOf(tip),
    label: lp === undefined ? null : placeOf(lp),
  };
}

/**
 * Lays a graph out from top to bottom. Names never reach Graphviz: nodes and edges are numbers to it, and labels only room.
 *
 * @throws Error with Graphviz's words where it cannot.
 */
export function layOut(viz: Viz, boxes: readonly Box[], arcs: readonly Arc[]): GraphLayout {
  const graph = viz.renderJSON(
    {
      graphAttributes: { rankdir: 'TB', nodesep: 0.35, ranksep: 0.42, splines: true },
      nodeAttributes: { shape: 'box', fixedsize: true, label: '' },
      edgeAttributes: { ...LABEL_FONT, arrowsize: 0.8 },
      nodes: boxes.map(({ width, height }, index) => ({
        name: String(index),
        attributes: { width: width / INCH, height: height / INCH },
      })),
      edges: arcs.map(({ from, to, label, weight }, index) => ({
        tail: String(from),
        head: String(to),
        attributes: { id: String(index), label, weight },
      })),
    },
    { yInvert: true },
  ) as GraphJson;
  const [, bottom = 0, width = 0, top = 0] = graph.bb.split(',').map(Number);
  const places = new Map(graph.objects?.map(({ name, pos }) => [Number(name), placeOf(pos)]));
  const routes = new Map(graph.edges?.map(({ id, pos, lp }) => [Number(id), routeOf(pos, lp)]));
  return {
    width,
    height: Math.abs(top - bottom),
    boxes: boxes.map((_, index) => places.get(index) ?? { x: 0, y: 0 }),
    routes: arcs.map((_, index) => routes.get(index) ?? { curve: [], tip: { x: 0, y: 0 }, label: null }),
  };
}
