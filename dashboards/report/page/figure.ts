import { listed } from '../../../analysis/format.ts';
import type { ReportName } from '../../../analysis/index.ts';
import type { Pen } from '../charts/pen.ts';
import { html, type Markup } from '../html.ts';
import type { Hue } from '../palette.ts';
import type { ReportData } from '../report-data.ts';
import { type Picture, rowsOf, type Shown } from '../shown.ts';
import { type AnyRow, rowsTable } from './rows-table.ts';

/** The pens of a page: charts are drawn for a screen of each width, and the style sheet shows one. */
export interface Pens {
  readonly wide: Pen;
  readonly narrow: Pen;
}

function legendMarkup(legend: readonly Hue[] | undefined): Markup | null {
  if (legend === undefined || legend.length === 0) return null;
  const items = legend.map(
    ({ label, color }) =>
      html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="${color}"/></svg>${label}</li>`,
  );
  return html`<ul class="legend" aria-label="Colours">${items}</ul>`;
}

function chartMarkup(id: string, { chart, isMap }: Picture, { wide, narrow }: Pens): Markup | null {
  if (chart === undefined) return null;
  const labels = `${id}-title ${id}-says`;
  if (isMap) {
    return html`<div class="chart map" role="region" tabindex="0" aria-labelledby="${id}-title"><div role="img" aria-labelledby="${labels}">${chart(wide)}</div></div>`;
  }
  return html`<div class="chart wide" role="img" aria-labelledby="${labels}">${chart(wide)}</div>
<div class="chart narrow" role="img" aria-labelledby="${labels}">${chart(narrow)}</div>`;
}

/** Rows without a column that is the same in all: which board it is, where there is one. */
function withoutBoard(rows: readonly AnyRow[]): readonly AnyRow[] {
  const boards = new Set(rows.map(row => row.board_uid));
  return boards.size > 1 ? rows : rows.map(({ board_uid: _, ...rest }) => rest);
}

function tableMarkup(name: ReportName, { report }: ReportData): Markup | null {
  const rows = rowsOf(report, name) as readonly object[] as readonly AnyRow[];
  if (rows.length === 0) return null;
  return html`<h4><code>${name}</code></h4>${rowsTable(`Figures of ${name}`, withoutBoard(rows))}`;
}

function sqlMarkup(name: ReportName, { notes }: ReportData): Markup | null {
  const note = notes.get(name);
  if (note === undefined) return null;
  return html`<h4><code>${name}</code></h4><dl class="definition"><dt>Question</dt><dd>${note.question}</dd><dt>Formula</dt><dd>${note.formula}</dd></dl>
<div class="scroll" role="region" tabindex="0" aria-label="SQL of ${name}"><pre><code>${note.sql}</code></pre></div>`;
}

function moreMarkup({ analysis, also }: Shown, data: ReportData): Markup {
  const names = [analysis, ...also];
  const tables = names.map(name => tableMarkup(name, data)).filter(table => table !== null);
  const words = listed(names);
  return html`<div class="more">${
    tables.length === 0
      ? null
      : html`<details class="figures"><summary>Figures<span class="unseen"> of ${words}</span></summary>${tables}</details>`
  }
<details class="source"><summary>Definition and SQL<span class="unseen"> of ${words}</span></summary>${names.map(name => sqlMarkup(name, data))}</details></div>`;
}

/** An analysis on the page: what it says, its chart, its figures, its definition and the SQL behind it. */
export function figureMarkup(shown: Shown, data: ReportData, pens: Pens): Markup {
  const { title, analysis, also, picture } = shown;
  const anchors = also.map(name => html`<span id="${name}"></span>`);
  const body =
    'absent' in picture
      ? html`<p class="absent">${picture.absent}</p>`
      : html`<figure><figcaption id="${analysis}-says">${picture.says}</figcaption>
${legendMarkup(picture.legend)}${picture.key === undefined ? null : html`<p class="key">${picture.key}</p>`}${chartMarkup(analysis, picture, pens)}</figure>`;
  return html`<article class="shown" id="${analysis}" aria-labelledby="${analysis}-title">${anchors}
<h3 id="${analysis}-title">${title}</h3>
${body}
${moreMarkup(shown, data)}</article>
`;
}
