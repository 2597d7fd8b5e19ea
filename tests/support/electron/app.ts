import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeChromium, openChromium } from './chromium-world.ts';
import { record, type ToDouble } from './control.ts';
import { AppEvent } from './event.ts';
import { schemesAreFixed } from './session.ts';

interface OpenWindow {
  close(): void;
}

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly windows = new Set<OpenWindow>();
  #isReady = false;
  #isQuitting = false;
  #isExiting = false;
  #hasLock = false;
  readonly #ready: Promise<void>;
  readonly #package: { name: string; version: string };

  constructor() {
    super();
    const file = findPackage(dirname(process.argv[1] ?? '.'));
    this.#package = JSON.parse(readFileSync(file, 'utf8'));
    // The app's own first turn comes before readiness, as in Electron: there it registers schemes and takes the lock.
    this.#ready = new Promise((resolve, reject) => {
      setImmediate(() => {
        schemesAreFixed();
        openChromium(this.getPath('userData')).then(() => {
          this.#isReady = true;
          this.emit('ready');
          resolve();
        }, reject);
      });
    });
    this.#ready.catch((error: unknown) => {
      console.error(error);
      process.exit(70);
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.quit());
    process.on('message', (message: ToDouble) => {
      if (message.kind === 'quit') this.quit();
    });
    process.on('disconnect', () => this.exit(75)); // The test that started this is gone.
    setInterval(() => {}, 1 << 30); // Electron's main process runs until it is told to end.
    process.channel?.unref();
  }

  enableSandbox(): void {
    if (this.#isReady) throw new Error('app.enableSandbox() can only be called before app is ready');
    record({ what: 'enableSandbox' });
  }

  isReady(): boolean {
    return this.#isReady;
  }

  whenReady(): Promise<void> {
    return this.#ready;
  }

  getName(): string {
    return this.#package.name;
  }

  getVersion(): string {
    return this.#package.version;
  }

  getPath(name: string): string {
    const appData = process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config');
    if (name === 'appData') return appData;
    if (name === 'userData') return join(appData, this.getName());
    throw new Error(`The double knows no path '${name}'`);
  }

  /** Electron keeps one instance for each `userData`. The first one is told of the second by a signal. */
  requestSingleInstanceLock(): boolean {
    const file = join(this.getPath('userData'), 'SingletonLock');
    mkdirSync(dirname(file), { recursive: true });
    for (;;) {
      try {
        writeFileSync(file, String(process.pid), { flag: 'wx' });
        break;
      } catch {
        const holder = Number(readFileSync(file, 'utf8'));
        try {
          process.kill(holder, 'SIGUSR2');
          return false;
        } catch {
          rmSync(file, { force: true });
        }
      }
    }
    this.#hasLock = true;
    process.on('SIGUSR2', () => {
      record({ what: 'second-instance' });
      this.emit('second-instance', new AppEvent(), [], '', undefined);
    });
    return true;
  }

  quit(): void {
    if (this.#isExiting) return;
    const before = new AppEvent();
    this.emit('before-quit', before);
    if (before.defaultPrevented) return;
    this.#isQuitting = true;
    if (this.windows.size === 0) this.#leave();
    else for (const window of this.windows) window.close();
  }

  /** Told by a window that it has closed. */
  windowClosed(window: OpenWindow): void {
    this.windows.delete(window);
    if (this.windows.size > 0 || this.#isExiting) return;
    if (this.#isQuitting) this.#leave();
    else if (this.listenerCount('window-all-closed') > 0) this.emit('window-all-closed');
    else this.quit();
  }

  #leave(): void {
    const will = new AppEvent();
    this.emit('will-quit', will);
    if (will.defaultPrevented) {
      this.#isQuitting = false;
      return;
    }
    this.exit(0);
  }

  /** Closes the windows without asking anybody: neither `before-quit` nor `will-quit` comes after this. */
  exit(code = 0): void {
    if (this.#isExiting) return;
    this.#isExiting = true;
    this.emit('quit', new AppEvent(), code);
    if (this.#hasLock) rmSync(join(this.getPath('userData'), 'SingletonLock'), { force: true });
    void closeChromium().finally(() => process.exit(code));
  }
}

function findPackage(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    const file = join(dir, 'package.json');
    try {
      readFileSync(file);
      return file;
    } catch (error) {
      if (dirname(dir) === dir) throw error;
    }
  }
}

export const app = new App();
