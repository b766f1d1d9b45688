import { count, duration, instant, NOTHING, percent } from '../../../analysis/format.ts';
import { type Content, html, type Markup } from '../html.ts';

/** A row of an analysis. */
export type AnyRow = Readonly<Record<string, unknown>>;

/** Rows that a table of the page holds at most; the whole is one `quadro report --json` away. */
const MOST_ROWS = 40;

/** Characters from which a cell's text may break. */
const LONG_TEXT = 48;

/** Columns that are shares of one, beside those whose names end in `_share`, `_rate` or `_yield`. */
const SHARES: ReadonlySet<string> = new Set([
  'share',
  'yield',
  'dormancy',
  'utilisation',
  'allocation',
  'flow_efficiency',
  'median_flow_efficiency',
  'first_pass_yield',
]);

function isShare(column: string): boolean {
  return SHARES.has(column) || /_(?:share|rate|yield)(?:_low|_high)?$/.test(column);
}

/** A cell for people, by its column's name: names carry their unit. */
function cellText(column: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'number') {
    if (column.endsWith('_seconds')) return duration(value);
    return isShare(column) ? percent(value) : count(value);
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return column.endsWith('_at') ? instant(value) : value;
  return Array.isArray(value) ? value.map(each => cellText('', each)).join(', ') : JSON.stringify(value);
}

/** A column's name, which may break after an underscore. */
function head(column: string): Content {
  return column.split('_').flatMap((word, index) => (index === 0 ? [word] : [html`_<wbr>`, word]));
}

function classOf(texts: readonly string[], rows: readonly AnyRow[], column: string): string {
  if (rows.some(row => typeof row[column] === 'number')) return 'number';
  return texts.some(text => text.length > LONG_TEXT) ? 'long' : 'text';
}

/**
 * Rows as a table whose columns are called as everywhere else in Quadro; its first column names the row.
 *
 * @param name What the table holds, for those who cannot see where it stands.
 */
export function rowsTable(name: string, rows: readonly AnyRow[], most: number = MOST_ROWS): Markup {
  const shown = rows.slice(0, most);
  const columns = Object.keys(rows[0] ?? {}).map(column => {
    const texts = shown.map(row => cellText(column, row[column]));
    return { column, texts, kind: classOf(texts, shown, column) };
  });
  const cells = (index: number): Content =>
    columns.map(({ texts, kind }, place) =>
      place === 0
        ? html`<th scope="row" class="${kind}">${texts[index]}</th>`
        : html`<td class="${kind}">${texts[index]}</td>`,
    );
  const rest = rows.length - shown.length;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${name}"><table>
<thead><tr>${columns.map(({ column, kind }) => html`<th scope="col" class="${kind}">${head(column)}</th>`)}</tr></thead>
<tbody>${shown.map((_, index) => html`<tr>${cells(index)}</tr>\n`)}</tbody>
</table></div>${rest > 0 ? html`<p>The first ${count(shown.length)} of ${count(rows.length)} rows.</p>` : null}`;
}
