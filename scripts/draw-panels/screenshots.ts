import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PAGE_WIDTH } from './page.ts';
import { withPalette } from './palette-png.ts';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Takes a picture of each page, whole, in a headless Chromium; pages and pictures are named by the file. */
export async function takeScreenshots(pages: ReadonlyMap<string, string>): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'quadro-chromium-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.QUADRO_CHROMIUM ?? '/usr/bin/chromium',
    args: ARGUMENTS,
    viewport: { width: PAGE_WIDTH, height: 800 },
  });
  try {
    const page = await browser.newPage();
    for (const [file, html] of pages) {
      await page.setContent(html);
      writeFileSync(file, withPalette(await page.screenshot({ fullPage: true })));
    }
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
