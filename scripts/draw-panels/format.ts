const UNITS_OF_TIME: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
  [0.001, 'ms'],
  [0.000_001, 'µs'],
];

function short(value: number): string {
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' }).format(value);
}

/** The largest unit of which there are five, or a whole number: 1 h, 2 min, but 100 s. */
function seconds(value: number): string {
  const isFit = ([size]: readonly [number, string]): boolean =>
    Math.abs(value) >= 5 * size || (Math.abs(value) >= size && (size <= 1 || value % size === 0));
  const [size, name] = UNITS_OF_TIME.find(isFit) ?? [1, 's'];
  return `${short(value / size)} ${name}`;
}

/** A figure in Grafana's unit, as Grafana would write it. */
export function formatted(value: number, unit: string): string {
  if (unit === 's') return seconds(value);
  if (unit === 'percentunit') return `${short(value * 100)}%`;
  return unit.startsWith('suffix:') ? `${short(value)}${unit.slice('suffix:'.length)}` : short(value);
}

/** The time since the start of what is shown, `m:ss`. */
export function elapsed(time: number, from: number): string {
  const since = Math.round(time - from);
  return `${Math.floor(since / 60)}:${String(since % 60).padStart(2, '0')}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML. */
export function html(text: string): string {
  return text.replace(/[&<>"]/g, character => ESCAPES[character] ?? character);
}
