/**
 * Whether a scraper prefers OpenMetrics, which alone carries exemplars, to the plain text format.
 *
 * @param accept the request's Accept header.
 * @example acceptsOpenMetrics('application/openmetrics-text;version=1.0.0,text/plain;q=0.5') // true
 */
export function acceptsOpenMetrics(accept: string): boolean {
  const ranges = accept.split(',').map(range =>
    range
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  const quality = (type: string): number => Math.max(0, ...ranges.filter(([name]) => name === type).map(qualityOf));
  const openMetrics = quality('application/openmetrics-text');
  return openMetrics > 0 && openMetrics >= quality('text/plain');
}

function qualityOf(range: readonly string[]): number {
  const q = range.find(parameter => parameter.startsWith('q='));
  const quality = q === undefined ? 1 : Number(q.slice(2));
  return Number.isFinite(quality) ? quality : 0;
}
