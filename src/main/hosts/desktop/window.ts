import { join } from 'node:path';
import { app, BrowserWindow, type Event, nativeTheme, type Session, type WebContents } from 'electron';
import { isOwnPage, PAGE_URL } from './origin.ts';

/** The first paint of the page (visual.md, role `sheet`), so that no white flashes up in the dark. */
const SHEET = { light: '#ffffff', dark: '#131a1c' } as const;

/** The console's window. It shows the page and can go nowhere else. */
export function openWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 832,
    minWidth: 800,
    minHeight: 560,
    title: 'Quartermaster',
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? SHEET.dark : SHEET.light,
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      // Chromium would fetch its dictionaries from the network (X4).
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  confine(window.webContents);
  void window.loadURL(PAGE_URL);
  return window;
}

/** Nothing that the page does opens a window, leaves the page, or brings a foreign document into it. */
function confine(contents: WebContents): void {
  const stayHome = (event: Event<{ url: string }>) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  };
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', stayHome);
  contents.on('will-redirect', stayHome);
  contents.on('will-frame-navigate', stayHome);
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/**
 * The page has one permission and no network; Chromium's defaults would grant every permission and offer the network. Requests
 * of Chromium's own (dictionaries, prefetches) end here as well, where no policy of the page reaches.
 */
export function lockDown(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide, { requestingUrl }) =>
    decide(isPermitted(permission, requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, origin) => isPermitted(permission, origin));
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: !staysInside(url) }));
}

/** Ids are copyable: plain text onto the clipboard after a click, which reads nothing. */
function isPermitted(permission: string, origin: string): boolean {
  return permission === 'clipboard-sanitized-write' && isOwnPage(origin);
}

function staysInside(address: string): boolean {
  if (isOwnPage(address)) return true;
  const { protocol, pathname } = new URL(address);
  // A file that the page made itself, for saving; its own developer tools, where there are any.
  if (protocol === 'blob:') return isOwnPage(pathname);
  return protocol === 'data:' || (protocol === 'devtools:' && !app.isPackaged);
}
