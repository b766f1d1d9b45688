import { createHash } from 'node:crypto';
import { html, Markup } from '../html.ts';

/** What a page is put together of. */
export interface PageParts {
  readonly title: string;
  readonly css: string;
  readonly masthead: Markup;
  readonly contents: readonly { readonly id: string; readonly title: string }[];
  readonly main: readonly Markup[];
  readonly foot: Markup;
}

const THEMES = [
  ['auto', 'Auto'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

function themeSwitch(): Markup {
  const choices = THEMES.map(
    ([name, label]) =>
      html`<label><input type="radio" name="theme" id="theme-${name}" value="${name}"${name === 'auto' ? new Markup(' checked') : null}>${label}</label>`,
  );
  return html`<fieldset class="theme"><legend class="unseen">Colours of the page</legend>${choices}</fieldset>`;
}

/** Nothing may be loaded, run or sent: no script at all, and this one style sheet. */
function policyOf(css: string): string {
  const digest = createHash('sha256').update(css).digest('base64');
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}

/** A whole page, which needs nothing besides itself. */
export function pageHtml({ title, css, masthead, contents, main, foot }: PageParts): string {
  const links = contents.map(({ id, title: text }) => html`<li><a href="#${id}">${text}</a></li>`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(css)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Quadro">
<title>${title}</title>
<style>${new Markup(css)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<div class="frame">
<header class="masthead"><div>${masthead}</div>${themeSwitch()}</header>
<nav class="contents" aria-label="Contents"><ol>${links}</ol></nav>
<main id="main" tabindex="-1">
${main}</main>
<footer class="foot">${foot}</footer>
</div>
</body>
</html>
`;
  return page.toString();
}
