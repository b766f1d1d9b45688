import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHIEF_STATES, type Hue, TIME_KINDS } from '../../dashboards/report/palette.ts';

const CSS = readFileSync(resolve(import.meta.dirname, '../../dashboards/report/page/page.css'), 'utf8');
const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
type Rgb = readonly [number, number, number];

/** The linear red, green and blue of a custom property. */
function colorOf(property: string, theme: Theme): Rgb {
  const name = property.replace(/^var\(--|\)$/g, '');
  const [, light = '', dark = ''] = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(CSS) ?? [];
  const hex = theme === 'light' ? light : dark;
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** WCAG's contrast of two colours. */
function contrast(a: Rgb, b: Rgb): number {
  const luminance = ([red, green, blue]: Rgb): number => 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** How colours are seen, as matrices over linear light (Machado, Oliveira and Fernandes 2009, severity 1). */
const VISIONS: Readonly<Record<string, readonly number[]>> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seen([red, green, blue]: Rgb, matrix: readonly number[]): Rgb {
  const row = (at: number): number => {
    const [a = 0, b = 0, c = 0] = matrix.slice(at, at + 3);
    return Math.min(1, Math.max(0, a * red + b * green + c * blue));
  };
  return [row(0), row(3), row(6)];
}

/** OKLab, in which distances are about as large as they look. */
function oklab([red, green, blue]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function distance(a: Rgb, b: Rgb): number {
  const [from, to] = [oklab(a), oklab(b)];
  return Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
}

/** Five times what can just be told apart. */
const TOLD_APART = 0.1;
/** What a mark must stand out by (WCAG 1.4.11), and text. */
const MARK_CONTRAST = 3;
const TEXT_CONTRAST = 4.5;

const GROUPS: readonly (readonly [string, Readonly<Record<string, Hue>>])[] = [
  ['kinds of time', TIME_KINDS],
  ['states of the Chief', CHIEF_STATES],
];

describe.each(THEMES)('the colours, %s', theme => {
  it.each(GROUPS)('of %s are told apart with every common colour vision', (_, hues) => {
    const colors = Object.entries(hues).map(([name, { color }]) => ({ name, color: colorOf(color, theme) }));
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      for (const [index, a] of colors.entries()) {
        for (const b of colors.slice(index + 1)) {
          const apart = distance(seen(a.color, matrix), seen(b.color, matrix));
          expect(apart, `${a.name} and ${b.name}, ${vision}`).toBeGreaterThan(TOLD_APART);
        }
      }
    }
  });

  it('stand out from what lies behind them, and text is legible', () => {
    const [paper, ground] = [colorOf('paper', theme), colorOf('ground', theme)];
    const marks = [...Object.values(TIME_KINDS), ...Object.values(CHIEF_STATES)];
    // A Chief that is stopped does nothing, and its colour is nearly that of the paper.
    for (const { label, color } of marks.filter(({ label }) => label !== 'stopped')) {
      expect(contrast(colorOf(color, theme), paper), label).toBeGreaterThanOrEqual(MARK_CONTRAST);
    }
    for (const shade of [3, 4, 5]) {
      expect(contrast(colorOf(`on-heat-${shade}`, theme), colorOf(`heat-${shade}`, theme)), `${shade}`).toBeGreaterThan(
        TEXT_CONTRAST,
      );
    }
    for (const shade of [1, 2]) {
      expect(contrast(colorOf('ink', theme), colorOf(`heat-${shade}`, theme)), `${shade}`).toBeGreaterThan(
        TEXT_CONTRAST,
      );
    }
    for (const name of ['ink', 'muted', 'link', 'fault-text', 'notice']) {
      for (const behind of [paper, ground])
        expect(contrast(colorOf(name, theme), behind), name).toBeGreaterThan(TEXT_CONTRAST);
    }
  });
});
