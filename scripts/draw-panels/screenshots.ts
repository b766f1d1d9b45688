import { writeFileSync } from 'node:fs';
import { withChromium } from '../../test/support/chromium.ts';
import { PAGE_WIDTH } from './page.ts';
import { withPalette } from './palette-png.ts';

/** Takes a picture of each page, whole, in a headless Chromium; pages and pictures are named by the file. */
export function takeScreenshots(pages: ReadonlyMap<string, string>): Promise<void> {
  return withChromium(
    async browser => {
      const page = await browser.newPage();
      for (const [file, html] of pages) {
        await page.setContent(html);
        writeFileSync(file, withPalette(await page.screenshot({ fullPage: true })));
      }
    },
    { width: PAGE_WIDTH, height: 800 },
  );
}
