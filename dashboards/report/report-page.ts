import { readFile } from 'node:fs/promises';
import { Pen } from './charts/pen.ts';
import type { Drawing } from './drawing.ts';
import { html, type Markup } from './html.ts';
import { figureMarkup, type Pens } from './page/figure.ts';
import { pageHtml } from './page/page.ts';
import type { ReportData } from './report-data.ts';
import { masthead, overview } from './sections/overview.ts';
import { parts } from './sections/parts.ts';
import type { Part, Shown } from './shown.ts';

/** Widths of charts in pixels: of the page's column on a desk, and on a telephone. */
const WIDE = 912;
const NARROW = 320;

/** What is absent for one and the same reason is said once. */
function gathered(shown: readonly Shown[]): readonly Shown[] {
  const [first, ...rest] = shown;
  const reasonOf = ({ picture }: Shown): string | null => ('absent' in picture ? picture.absent : null);
  const reason = first === undefined ? null : reasonOf(first);
  if (first === undefined || reason === null || rest.some(each => reasonOf(each) !== reason)) return shown;
  const title = shown.map(each => each.title).join(' · ');
  return [{ ...first, title, also: [...first.also, ...rest.flatMap(each => [each.analysis, ...each.also])] }];
}

function partMarkup({ id, title, about, shown }: Part, data: ReportData, pens: Pens): Markup {
  return html`<section class="part" id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
<p class="about">${about}</p>
${gathered(shown).map(each => figureMarkup(each, data, pens))}</section>
`;
}

function footMarkup({ views }: ReportData): Markup {
  return html`<p>Made by Quadro from the log alone; durations are exact to the microsecond, quantiles interpolated. This page loads nothing and runs nothing.</p>
<details class="source"><summary>The views on which every analysis stands</summary>
<div class="scroll" role="region" tabindex="0" aria-label="SQL of the views"><pre><code>${views}</code></pre></div></details>`;
}

/** The page of a report. Equal data give equal bytes. */
export async function reportPage(data: ReportData, drawing: Drawing): Promise<string> {
  const css = await readFile(new URL('./page/page.css', import.meta.url), 'utf8');
  const pens = { wide: new Pen(drawing, WIDE), narrow: new Pen(drawing, NARROW) };
  const all = parts(data.report);
  const head = [
    { id: 'overview', title: 'At a glance' },
    { id: 'findings', title: 'What stands out' },
  ];
  return pageHtml({
    title: `${data.name}: Quadro report`,
    css: css.replaceAll(/\/\*.*?\*\//gs, ''),
    masthead: html`${masthead(data)}`,
    contents: [...head, ...all],
    main: [overview(data), ...all.map(part => partMarkup(part, data, pens))],
    foot: footMarkup(data),
  });
}
