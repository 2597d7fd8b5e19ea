import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { CDPSession, Frame, Page, Request as PageRequest } from 'playwright-core';
import { toChromium, toElectron } from './addresses.ts';
import { app } from './app.ts';
import { openPage, type PageOwner } from './chromium-world.ts';
import { record } from './control.ts';
import { AppEvent } from './event.ts';
import { MessagePortMain } from './port.ts';
import { mainWorldSource, preloadWorldSource } from './preload-world.ts';
import { schemes, session } from './session.ts';
import type { FromWorld, ToWorld } from './wire.ts';

interface WebPreferences {
  readonly preload?: string;
  readonly sandbox?: boolean;
  readonly contextIsolation?: boolean;
  readonly nodeIntegration?: boolean;
}

interface WindowOptions {
  readonly webPreferences?: WebPreferences;
}

type WindowOpenHandler = (details: { url: string; frameName: string; features: string; disposition: string }) => {
  action: 'allow' | 'deny';
};

/** Electron's names of permissions that a page can ask for, and Chromium's. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  geolocation: 'geolocation',
  notifications: 'notifications',
  'clipboard-read': 'clipboard-read',
  'clipboard-sanitized-write': 'clipboard-write',
  midi: 'midi',
  'idle-detection': 'idle-detection',
  'window-management': 'window-management',
  media: 'camera',
  'speaker-selection': 'speaker-selection',
  'storage-access': 'storage-access',
};

class WebFrameMain {
  readonly parent = null;
  readonly #page: () => Page | undefined;

  constructor(page: () => Page | undefined) {
    this.#page = page;
  }

  get url(): string {
    return toElectron(this.#page()?.url() ?? '', schemes);
  }

  get top(): WebFrameMain {
    return this;
  }
}

class NavigationEvent extends AppEvent {
  readonly url: string;
  readonly isMainFrame: boolean;
  readonly isSameDocument = false;

  constructor(url: string, isMainFrame: boolean) {
    super();
    this.url = url;
    this.isMainFrame = isMainFrame;
  }
}

class WebContents extends EventEmitter implements Omit<PageOwner, 'page'> {
  readonly ipc = new EventEmitter();
  readonly mainFrame = new WebFrameMain(() => this.#page);
  readonly session = session.defaultSession;
  readonly #preferences: WebPreferences;
  readonly #opening: Promise<void>;
  readonly #ports = new Map<number, MessagePortMain>();
  #page: Page | undefined;
  #devtools: CDPSession | undefined;
  #preloadContext: number | undefined;
  #openHandler: WindowOpenHandler = () => ({ action: 'allow' });
  /** The address that the app itself is loading: it is not asked about that. */
  #loading: string | undefined;

  constructor(preferences: WebPreferences, onClosed: () => void) {
    super();
    this.#preferences = preferences;
    this.#opening = this.#open(onClosed);
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#openHandler = handler;
  }

  getURL(): string {
    return this.mainFrame.url;
  }

  async loadURL(url: string): Promise<void> {
    await this.#opening;
    if (!this.#page) return;
    await this.#grantPermissions(new URL(toChromium(url, schemes)).origin, url);
    this.#loading = url;
    try {
      await this.#page.goto(toChromium(url, schemes));
    } finally {
      this.#loading = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#opening;
    await this.#page?.close().catch(() => {});
  }

  mayNavigate(url: string, request: PageRequest): boolean {
    const isMainFrame = request.frame().parentFrame() === null;
    if (isMainFrame && url === this.#loading) return true;
    const events = ['will-frame-navigate', ...(isMainFrame ? ['will-navigate'] : [])].map((name) => {
      const event = new NavigationEvent(url, isMainFrame);
      this.emit(name, event);
      return event;
    });
    const isAllowed = events.every(({ defaultPrevented }) => !defaultPrevented);
    record({ what: 'navigation', url, isMainFrame, allowed: isAllowed });
    return isAllowed;
  }

  mayOpenWindow(url: string): boolean {
    return this.#openHandler({ url, frameName: '', features: '', disposition: 'foreground-tab' }).action === 'allow';
  }

  async #open(onClosed: () => void): Promise<void> {
    const { page } = await openPage((opened) => ({
      page: opened,
      mayNavigate: (url, request) => this.mayNavigate(url, request),
      mayOpenWindow: (url) => this.mayOpenWindow(url),
    }));
    this.#page = page;
    page.once('close', () => {
      this.#loseWorld();
      onClosed();
    });
    page.on('framenavigated', (frame: Frame) => {
      if (frame === page.mainFrame()) record({ what: 'landed', url: toElectron(frame.url(), schemes) });
    });
    await this.#installPreload(page);
  }

  async #installPreload(page: Page): Promise<void> {
    const devtools = await page.context().newCDPSession(page);
    this.#devtools = devtools;
    await devtools.send('Page.enable');
    await devtools.send('Runtime.enable');
    const { preload } = this.#preferences;
    if (preload === undefined) return;
    if (!isAbsolute(preload)) throw new Error(`The preload path must be absolute: ${preload}`);
    const secret = randomUUID();
    const binding = `toMain${randomUUID().replaceAll('-', '')}`;
    const worldName = 'preload';
    devtools.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name !== binding) return;
      this.#preloadContext = executionContextId;
      this.#hear(JSON.parse(payload) as FromWorld); // Written by `preloadWorldSource` alone; the page has no binding.
    });
    devtools.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      if (executionContextId === this.#preloadContext) this.#loseWorld();
    });
    devtools.on('Runtime.executionContextsCleared', () => this.#loseWorld());
    await devtools.send('Runtime.addBinding', { name: binding, executionContextName: worldName });
    await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source: mainWorldSource(secret) });
    const source = preloadWorldSource({ secret, binding, preload: readFileSync(preload, 'utf8') });
    await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source, worldName });
  }

  #hear(message: FromWorld): void {
    switch (message.kind) {
      case 'ipc': {
        const ports = message.ports.map((id) => {
          const port = new MessagePortMain(id, (reply) => this.#say(reply));
          this.#ports.set(id, port);
          return port;
        });
        this.ipc.emit(message.channel, { sender: this, senderFrame: this.mainFrame, ports, type: 'frame' });
        break;
      }
      case 'message':
        this.#ports.get(message.port)?.arrived(message.data);
        break;
      case 'closed':
        this.#ports.get(message.port)?.disconnected();
        this.#ports.delete(message.port);
        break;
      case 'preload-error':
        record({ what: 'preload-error', message: message.message });
        this.emit('preload-error', new AppEvent(), this.#preferences.preload, new Error(message.message));
    }
  }

  #say(message: ToWorld): void {
    if (this.#preloadContext === undefined) return;
    const call = { expression: `__fromMain(${JSON.stringify(message)})`, contextId: this.#preloadContext };
    this.#devtools?.send('Runtime.evaluate', call).catch(() => {}); // The document may be gone by now.
  }

  /** The document went: with it its ports. */
  #loseWorld(): void {
    this.#preloadContext = undefined;
    for (const port of this.#ports.values()) port.disconnected();
    this.#ports.clear();
  }

  /** Puts every permission to the app's handlers and makes Chromium answer the page as they do. */
  async #grantPermissions(origin: string, url: string): Promise<void> {
    for (const [permission, name] of Object.entries(PERMISSIONS)) {
      const isGranted = await this.session.isGranted(this, permission, url);
      const setting = isGranted ? 'granted' : 'denied';
      await this.#devtools?.send('Browser.setPermission', { permission: { name }, setting, origin });
    }
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly #all = new Set<BrowserWindow>();
  readonly webContents: WebContents;

  constructor(options: WindowOptions = {}) {
    super();
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    const preferences = options.webPreferences ?? {};
    record({ what: 'window', options });
    // The double has no Node in its pages; an app that asks for it must not look as if all were well.
    if (preferences.nodeIntegration || preferences.contextIsolation === false || preferences.sandbox === false)
      throw new Error('The double shows sandboxed, isolated pages without Node alone');
    this.webContents = new WebContents(preferences, () => {
      BrowserWindow.#all.delete(this);
      this.emit('closed');
      app.windowClosed(this);
    });
    BrowserWindow.#all.add(this);
    app.windows.add(this);
  }

  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.#all];
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  close(): void {
    void this.webContents.close();
  }

  isDestroyed(): boolean {
    return !BrowserWindow.#all.has(this);
  }

  isMinimized(): boolean {
    return false;
  }

  restore(): void {}

  show(): void {}

  focus(): void {
    this.emit('focus');
  }
}
