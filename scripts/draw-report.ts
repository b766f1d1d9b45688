/**
 * `node scripts/draw-report.ts`: takes the pictures of the report in docs/images, of the page of a simulated log. Needs the program
 * chromium.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openAnalysis } from '../analysis/index.ts';
import { makeLog } from '../bench/analysis/make-log.ts';
import { htmlReport } from '../dashboards/report/index.ts';
import { withChromium } from '../test/support/chromium.ts';
import { withPalette } from './draw-panels/palette-png.ts';

const IMAGES = resolve(import.meta.dirname, '../docs/images');
const EVENTS = 50_000;
const WIDTH = 1280;

/** What is taken: from which element on, how high, light or dark. */
const PICTURES = [
  { file: 'report-overview.png', from: '.masthead', height: 1_500, colorScheme: 'light' },
  { file: 'report-waits.png', from: '#wait_causes', height: 1_500, colorScheme: 'dark' },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'quadro-draw-'));
try {
  await makeLog(join(folder, 'log'), EVENTS);
  const analysis = await openAnalysis(join(folder, 'log'));
  const file = join(folder, 'report.html');
  writeFileSync(file, await htmlReport(analysis, { title: 'Newsroom, a simulated day' }));
  await analysis.close();
  mkdirSync(IMAGES, { recursive: true });
  await withChromium(
    async browser => {
      const page = await browser.newPage();
      for (const { file: name, from, height, colorScheme } of PICTURES) {
        await page.emulateMedia({ colorScheme });
        await page.goto(pathToFileURL(file).href);
        const y = ((await page.locator(from).boundingBox())?.y ?? 16) - 16;
        const picture = await page.screenshot({ fullPage: true, clip: { x: 0, y, width: WIDTH, height } });
        writeFileSync(join(IMAGES, name), withPalette(picture));
        console.log(join(IMAGES, name));
      }
    },
    { width: WIDTH, height: 900 },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
