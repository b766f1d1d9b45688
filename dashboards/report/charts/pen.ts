import type { Markish, PlotOptions } from '@observablehq/plot';
import type { Drawing } from '../drawing.ts';
import { Markup } from '../html.ts';

/** Widths in pixels of letters of 12 px, about, and rather too wide: Plot measures nothing, and readers' fonts differ. */
const LETTERS: readonly (readonly [pattern: RegExp, width: number])[] = [
  [/[ijl.,:;'|! ]/, 4],
  [/[A-Z_@%→mw–…]/, 8.8],
  [/[\u1100-\uffdc\u{1f000}-\u{3ffff}]/u, 12.5],
];
const LETTER = 7;

/** How wide a text will be, about, in pixels. */
export function textWidth(text: string): number {
  const widths = [...text].map(letter => LETTERS.find(([pattern]) => pattern.test(letter))?.[1] ?? LETTER);
  return Math.ceil(widths.reduce((sum, width) => sum + width, 0));
}

/** A text cut where it would be wider than so many pixels. */
export function fitted(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join('')}…`) > width) letters.pop();
  return `${letters.join('')}…`;
}

/** The vertical scale of a chart whose rows are placed by the pixel, from the top. */
export function pixelRows(height: number): PlotOptions['y'] {
  return { domain: [0, height], range: [0, height], axis: null };
}

/** Attributes that the page's style sheet decides, or that a reader of the chart's own name never meets. */
const LEFT_OUT = / (?:class|font-family|font-size|font-variant|aria-label|aria-hidden)="[^"]*"/g;

/** One chart's worth of SVG: without a style of its own, and to a tenth of a pixel. */
function cleaned(svg: string): string {
  return svg
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<[^>]+>/g, tag =>
      tag.replace(LEFT_OUT, '').replace(/-?\d+\.\d{2,}/g, number => String(Math.round(Number(number) * 10) / 10)),
    );
}

/** Draws charts of one width. */
export class Pen {
  readonly width: number;
  readonly #drawing: Drawing;

  constructor(drawing: Drawing, width: number) {
    this.#drawing = drawing;
    this.width = width;
  }

  /** Plot's marks and transforms. */
  get plot(): Drawing['plot'] {
    return this.#drawing.plot;
  }

  get viz(): Drawing['viz'] {
    return this.#drawing.viz;
  }

  /** Whether it draws for the screen of a telephone. */
  get isNarrow(): boolean {
    return this.width < 500;
  }

  /** A chart as SVG, axes named in their middle; texts of the log may stand in its marks, not in its options. */
  draw(options: PlotOptions & { readonly marks: readonly Markish[] }): Markup {
    const svg = this.plot.plot({
      ...options,
      x: { labelAnchor: 'center', labelArrow: 'none', ...options.x },
      y: { labelArrow: 'none', ...options.y },
      marks: [...options.marks],
      document: this.#drawing.document,
      width: this.width,
    });
    return new Markup(cleaned(String(svg.outerHTML)));
  }
}
