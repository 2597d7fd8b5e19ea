import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Request as PageRequest, type Route } from 'playwright-core';
import { chromiumOptions } from '../chromium.ts';
import { toElectron } from './addresses.ts';
import { record, tell } from './control.ts';
import { protocol, schemes, session } from './session.ts';

/** What a window is asked about its page. */
export interface PageOwner {
  readonly page: Page;
  /** Whether the app lets this document be loaded. */
  mayNavigate(url: string, request: PageRequest): boolean;
  /** What the app's window-open handler says. */
  mayOpenWindow(url: string): boolean;
}

const owners = new Map<Page, PageOwner>();
let context: BrowserContext | undefined;

/** Starts Chromium on a profile in `userData`, where Electron keeps it too, and tells the test where to reach it. */
export async function openChromium(userData: string): Promise<void> {
  const profile = join(userData, 'chromium');
  context = await chromium.launchPersistentContext(profile, {
    // Electron's pages hear a port's other end close; Chromium's do not unless asked:
    // https://www.electronjs.org/docs/latest/tutorial/message-ports#extension-close-event
    ...chromiumOptions(['--remote-debugging-port=0', '--enable-blink-features=MessagePortCloseEvent']),
    viewport: null,
    serviceWorkers: 'block',
  });
  await context.route(/.*/, (route) => answer(route));
  context.on('page', (page) => void meetForeignPage(page));
  const [port] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
  tell({ kind: 'chromium', endpoint: `http://127.0.0.1:${port}` });
}

export async function closeChromium(): Promise<void> {
  await context?.close().catch(() => {}); // It may have died already.
}

/** A page for a window of the app. */
export async function openPage(own: (page: Page) => PageOwner): Promise<PageOwner> {
  if (!context) throw new Error('Cannot create BrowserWindow before app is ready');
  pagesOfOurs += 1;
  const page = await context.newPage();
  const owner = own(page);
  owners.set(page, owner);
  page.once('close', () => owners.delete(page));
  return owner;
}

let pagesOfOurs = 0;

/** A page that the app did not make is a window that a page opened: the app's handler decides whether it may stay. */
async function meetForeignPage(page: Page): Promise<void> {
  if (pagesOfOurs > 0) {
    pagesOfOurs -= 1;
    return;
  }
  const opener = await page.opener().catch(() => null);
  const owner = (opener && owners.get(opener)) ?? [...owners.values()][0];
  if (!owner) return;
  const url = toElectron(page.url(), schemes);
  const isAllowed = owner.mayOpenWindow(url);
  record({ what: 'window-open', url, action: isAllowed ? 'allow' : 'deny' });
  if (!isAllowed) await page.close().catch(() => {});
}

async function answer(route: Route): Promise<void> {
  try {
    await decide(route, route.request());
  } catch (error) {
    console.error(error);
    await route.abort('failed').catch(() => {});
  }
}

/** Undefined for pages that the app did not make, also while such a page is still coming up. */
function ownerOf(request: PageRequest): PageOwner | undefined {
  try {
    return owners.get(request.frame().page());
  } catch {
    return undefined;
  }
}

async function decide(route: Route, request: PageRequest): Promise<void> {
  const url = toElectron(request.url(), schemes);
  const method = request.method();
  const owner = ownerOf(request);
  const note = (outcome: string) => record({ what: 'request', url, method, outcome });
  if (!owner) {
    note('foreign page');
    return await route.abort('blockedbyclient');
  }
  if (request.isNavigationRequest() && !owner.mayNavigate(url, request)) {
    note('navigation refused');
    return await route.abort('aborted');
  }
  if (!(await session.defaultSession.mayRequest(url, method))) {
    note('cancelled by the app');
    return await route.abort('blockedbyclient');
  }
  const handler = protocol.handlers.get(new URL(url).protocol.slice(0, -1));
  if (!handler) {
    // Nothing here reaches a network. The test sees that something would have.
    note('network');
    return await route.abort('internetdisconnected');
  }
  const response = await handler(new Request(url, { method, headers: request.headers() }));
  if (response.status >= 300 && response.status < 400)
    throw new Error('The double follows no redirect of a scheme handler');
  note(String(response.status));
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  });
}
