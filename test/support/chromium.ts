import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import type { TestContext } from 'vitest';

/** Nothing but what is asked for, and no network of its own. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function executable(): string {
  return process.env.QUADRO_CHROMIUM ?? '/usr/bin/chromium';
}

/** Skips a test with the reason on a machine without Chromium, and fails it in CI, where a skipped test would prove nothing. */
export function requireChromium(context: Pick<TestContext, 'skip'>): void {
  if (existsSync(executable())) return;
  const reason = 'Chromium is not there: install the Debian package chromium, or name another with QUADRO_CHROMIUM';
  if (process.env.CI !== undefined) throw new Error(reason);
  context.skip(reason);
}

/** Opens a headless Chromium with an empty profile, does something with it, and closes it. */
export async function withChromium<Result>(
  use: (browser: BrowserContext) => Promise<Result>,
  viewport: { width: number; height: number } = { width: 1440, height: 900 },
): Promise<Result> {
  const profile = mkdtempSync(join(tmpdir(), 'quadro-chromium-'));
  try {
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath: executable(),
      args: ARGUMENTS,
      viewport,
    });
    try {
      return await use(browser);
    } finally {
      await browser.close();
    }
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}
