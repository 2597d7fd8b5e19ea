import { existsSync } from 'node:fs';
import { chromium, type LaunchOptions } from 'playwright-core';

/** The Chromium that tests drive: `QM_CHROMIUM`, the system's, else Playwright's own; null where there is none. */
export function findChromium(): string | null {
  const candidates = [
    process.env.QM_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    playwrightsOwn(),
  ];
  return candidates.find((path) => path !== undefined && existsSync(path)) ?? null;
}

export const noChromium = 'no Chromium: apt-get install chromium, or npx playwright-core install chromium';

/** How it is started. Its own sandbox does not work for root, and only there it is left out. */
export function chromiumOptions(args: readonly string[] = []): LaunchOptions {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error(noChromium);
  const isRoot = process.getuid?.() === 0;
  return { executablePath, headless: true, args: [...(isRoot ? ['--no-sandbox'] : []), ...args] };
}

function playwrightsOwn(): string | undefined {
  try {
    return chromium.executablePath();
  } catch {
    return undefined;
  }
}
