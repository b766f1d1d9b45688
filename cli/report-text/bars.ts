/** Pictures of figures in text. */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const HEIGHTS = '▁▂▃▄▅▆▇█';

/**
 * A bar of at most `width` characters, to an eighth of one.
 *
 * @example bar(0.5, 8) // '████'
 */
export function bar(share: number | null, width: number): string {
  if (share === null || !(share > 0)) return '';
  const eighths = Math.max(1, Math.round(Math.min(share, 1) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** Values as a line of columns, each as high as it is of the largest; where there are more than `width`, neighbours share one. */
export function sparkline(values: readonly number[], width: number): string {
  const columns = Math.min(values.length, width);
  const heights = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    return Math.max(...values.slice(from, Math.max(to, from + 1)));
  });
  const most = Math.max(...heights, 0);
  if (most === 0) return '';
  return heights.map(value => HEIGHTS[Math.min(7, Math.floor((value / most) * 7.999))] ?? '').join('');
}

/** Parts of a whole side by side in one bar, each by a shade of its own; a part too small to see is left out. */
export function stackedBar(parts: readonly (readonly [shade: string, share: number])[], width: number): string {
  return parts.map(([shade, share]) => shade.repeat(Math.round(share * width))).join('');
}
