import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireChromium, withChromium } from '../support/chromium.ts';
import { requireShared, sharedPath } from '../support/shared.ts';
import { HOSTILE_SHOWN, openHostileBoard } from './hostile-board.ts';
import { importedPage, pageOf, simulatedPage } from './pages.ts';

const NEWSROOM = 'data/newsroom.db';
const WIDTHS = [1440, 1024, 390] as const;
const THEMES = ['light', 'dark'] as const;

let folder: string;
/** Log → the file of its page. */
const files = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quadro-report-'));
  const put = (name: string, page: string): void => {
    files.set(name, join(folder, `${name}.html`));
    writeFileSync(join(folder, `${name}.html`), page);
  };
  put('simulated', (await simulatedPage(12_000)).page);
  const hostile = await openHostileBoard();
  put('hostile', (await pageOf(hostile)).page);
  await hostile.close();
  const newsroom = sharedPath(NEWSROOM);
  if (newsroom !== null) put('imported', (await importedPage(newsroom)).page);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(context => {
  requireChromium(context);
  if (context.task.name.includes('imported')) requireShared(NEWSROOM, context);
});

/** What a page did that it should not: words on the console, errors, requests. */
interface Watched {
  readonly page: Page;
  readonly faults: readonly string[];
}

/** Opens the page of a log at a width, as a reader whose system is light or dark sees it. */
async function open(
  browser: BrowserContext,
  log: string,
  width: number,
  colorScheme: 'light' | 'dark',
): Promise<Watched> {
  const page = await browser.newPage();
  const faults: string[] = [];
  const url = pathToFileURL(files.get(log) ?? '').href;
  page.on('console', message => faults.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', error => faults.push(String(error)));
  page.on('request', request => request.url() !== url && faults.push(`asked for ${request.url()}`));
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  await page.goto(url);
  return { page, faults };
}

/** What axe finds that is serious or critical. */
async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'],
    } as never),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
}

/** The charts that are shown: their marks, and the text that stands for them. */
function chartsShown(
  page: Page,
): Promise<{ id: string; marks: number; name: string; hasTable: boolean; isLegible: boolean }[]> {
  return page.evaluate(`[...document.querySelectorAll('[role=img]')].filter(chart => chart.checkVisibility()).map(chart => {
    const article = chart.closest('article');
    const scales = [...chart.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
    return {
      id: article.id,
      marks: chart.querySelectorAll('rect, circle, path[fill], path[stroke], line').length,
      name: chart.getAttribute('aria-labelledby').split(' ').map(id => document.getElementById(id).textContent).join(' '),
      hasTable: article.querySelector('.figures table') !== null,
      isLegible: scales.every(scale => scale > 0.74),
    };
  })`);
}

/** Every log at the widest and the narrowest, and one of them at every width, light and dark. */
const VIEWS = [
  ...WIDTHS.flatMap(width => THEMES.map(theme => ({ log: 'simulated', width, theme }))),
  ...['hostile', 'imported'].flatMap(log => [
    { log, width: 1440, theme: 'light' as const },
    { log, width: 390, theme: 'dark' as const },
  ]),
];

const OVERFLOW = 'document.documentElement.scrollWidth - innerWidth';

describe('the page in Chromium', () => {
  it.each(VIEWS)(
    'of the $log log at $width pixels, $theme, is quiet, whole and accessible',
    async ({ log, width, theme }) => {
      await withChromium(async browser => {
        const { page, faults } = await open(browser, log, width, theme);
        expect(await page.evaluate(OVERFLOW), 'overflow').toBeLessThanOrEqual(0);
        const charts = await chartsShown(page);
        expect(charts.length).toBeGreaterThan(10);
        for (const { id, marks, name, hasTable, isLegible } of charts) {
          expect(marks, id).toBeGreaterThan(0);
          expect(name.length, id).toBeGreaterThan(30);
          expect(hasTable, id).toBe(true);
          expect(isLegible, id).toBe(true);
        }
        expect(await axeFaults(page)).toEqual([]);
        expect(faults).toEqual([]);
      });
    },
  );

  it.each(THEMES)('is accessible with everything unfolded, %s, and no wider', async theme => {
    await withChromium(async browser => {
      const { page, faults } = await open(browser, 'simulated', 390, theme);
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      expect(await page.evaluate(OVERFLOW), 'overflow').toBeLessThanOrEqual(0);
      expect(await axeFaults(page)).toEqual([]);
      expect(faults).toEqual([]);
    });
  });
});

describe('a reader', () => {
  const background = (page: Page): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');

  it('with a keyboard skips to the report, and chooses light or dark', async () => {
    await withChromium(async browser => {
      const { page } = await open(browser, 'simulated', 1440, 'light');
      const light = await background(page);
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the report');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.id')).toBe('theme-auto');
      await page.keyboard.press('ArrowLeft');
      expect(await page.evaluate('document.activeElement.id')).toBe('theme-dark');
      const dark = await background(page);
      expect(dark).not.toBe(light);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.keyboard.press('ArrowLeft');
      expect([await page.evaluate('document.activeElement.id'), await background(page)]).toEqual([
        'theme-light',
        light,
      ]);
      await page.keyboard.press('ArrowLeft');
      expect(await background(page), 'as the system has it').toBe(dark);
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
    });
  });

  it('unfolds a definition with the keyboard', async () => {
    await withChromium(async browser => {
      const { page } = await open(browser, 'simulated', 1024, 'light');
      await page.locator('#elapsed .source summary').focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => page.locator('#elapsed .source pre').isVisible()).toBe(true);
    });
  });

  it('sees hostile names as they are written, and nothing happens', async () => {
    await withChromium(async browser => {
      const { page, faults } = await open(browser, 'hostile', 1440, 'light');
      expect(await page.title()).toBe('A log: Quadro report');
      expect(await page.evaluate("document.querySelectorAll('img, script, b').length")).toBe(0);
      expect(await page.locator('#flight_lanes-says').textContent()).toContain(HOSTILE_SHOWN);
      expect(faults).toEqual([]);
    });
  });

  it('prints it: light, without what is folded, but with every definition', async () => {
    await withChromium(async browser => {
      const { page, faults } = await open(browser, 'simulated', 1440, 'dark');
      const screen = await background(page);
      await page.locator('#elapsed .figures summary').click();
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await background(page)).not.toBe(screen);
      const shown = (selector: string): Promise<number> =>
        page.evaluate(
          `[...document.querySelectorAll('${selector}')].filter(each => each.getBoundingClientRect().height > 0 && each.checkVisibility({ contentVisibilityAuto: true })).length`,
        );
      expect(await shown('nav, .theme, .skip, pre, #dwell_by_status table')).toBe(0);
      expect(await shown('#elapsed table')).toBe(1);
      expect(await shown('.definition')).toBe(await page.locator('.definition').count());
      const pdf = await page.pdf({ printBackground: true, preferCSSPageSize: true });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
      expect(pages).toBeGreaterThan(5);
      expect(pages).toBeLessThan(40);
      expect(faults).toEqual([]);
    });
  });
});
