import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { _electron, type Browser, chromium, type Page } from 'playwright-core';
import type { FromDouble, Recorded, ToDouble } from './control.ts';

/** The built app, running, with the page of its first window in the test's hands. */
export interface DesktopApp {
  readonly kind: 'double' | 'electron';
  /** Where the page lies as its own `location` says. */
  readonly home: string;
  /** Waits until the app's window shows the page. */
  window(): Promise<Page>;
  /** Everything that the app has open for people to see. */
  pages(): Page[];
  /** The preferences with which the window was made. */
  webPreferences(): Promise<Record<string, unknown>>;
  /** What the double was asked and how the app decided; empty on the real Electron. */
  readonly records: readonly Recorded[];
  /** What it wrote on its standard streams. */
  output(): string;
  /** Asks it to end as a person would, and answers its exit code. */
  quit(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  readonly exited: Promise<number | null>;
}

export interface LaunchOptions {
  /** The project's folder, with `out` in it. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

const REGISTER = new URL('./register.ts', import.meta.url).href;
const START_LIMIT_MS = 60_000;

export async function launchDouble({ root, env }: LaunchOptions): Promise<DesktopApp> {
  const records: Recorded[] = [];
  let output = '';
  let browser: Browser | undefined;
  const child = spawn(process.execPath, ['--import', REGISTER, join(root, 'out/main/index.js')], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const collect = (chunk: Buffer) => {
    output += chunk;
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const endpoint = new Promise<string | null>((resolve) => {
    child.on('message', (message: FromDouble) => {
      if (message.kind === 'record') records.push(message.record);
      if (message.kind === 'chromium') resolve(message.endpoint);
    });
    void exited.then(() => resolve(null));
  });
  const pages = () =>
    (browser?.contexts() ?? []).flatMap((context) => context.pages()).filter((page) => page.url() !== 'about:blank');
  const home = 'https://console.app.electron.test/';
  return {
    kind: 'double',
    home,
    records,
    exited,
    pages,
    output: () => output,
    async window() {
      const at = await endpoint;
      if (at === null) throw new Error(`The app ended before it had a window:\n${output}`);
      browser ??= await chromium.connectOverCDP(at);
      const deadline = Date.now() + START_LIMIT_MS;
      for (;;) {
        const page = pages().find((one) => one.url().startsWith(home));
        if (page) return page;
        if (Date.now() > deadline) throw new Error(`No window after ${START_LIMIT_MS} ms:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async webPreferences() {
      const made = records.find((one) => one.what === 'window');
      if (made?.what !== 'window') throw new Error('The app made no window');
      return (made.options as { webPreferences: Record<string, unknown> }).webPreferences; // The app's own options.
    },
    async quit() {
      if (child.connected) child.send({ kind: 'quit' } satisfies ToDouble);
      return await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Electron's own executable, where it is installed: nothing is fetched for a test. */
export function findElectron(): string | null {
  const folder =
    process.env.ELECTRON_OVERRIDE_DIST_PATH ??
    join(dirname(createRequire(import.meta.url).resolve('electron/package.json')), 'dist');
  const names: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'Electron.app/Contents/MacOS/Electron',
    win32: 'electron.exe',
  };
  const path = join(folder, names[process.platform] ?? 'electron');
  return existsSync(path) ? path : null;
}

export async function launchElectron({ root, env }: LaunchOptions): Promise<DesktopApp> {
  const executablePath = findElectron();
  if (executablePath === null) throw new Error("Electron's runtime is not installed");
  const app = await _electron.launch({
    executablePath,
    args: [root],
    env: { ...inherited(), ...env },
    timeout: START_LIMIT_MS,
  });
  let output = '';
  const process_ = app.process();
  process_.stdout?.on('data', (chunk) => (output += chunk));
  process_.stderr?.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => process_.once('exit', (code) => resolve(code)));
  return {
    kind: 'electron',
    home: 'app://console/',
    records: [],
    exited,
    pages: () => app.windows(),
    output: () => output,
    window: () => app.firstWindow({ timeout: START_LIMIT_MS }),
    webPreferences: () =>
      app.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        // Not in Electron's typings, though documented as what its own tests use.
        return (contents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences();
      }),
    async quit() {
      await app.evaluate(({ app: electron }) => electron.quit()).catch(() => {}); // The answer is cut off by the end.
      return await exited;
    },
    async kill() {
      process_.kill('SIGKILL');
      await exited;
    },
  };
}

/** A window needs the session's display. */
function inherited(): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'XAUTHORITY',
    'XDG_RUNTIME_DIR',
    'SystemRoot',
    'APPDATA',
    'TEMP',
    'TMPDIR',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
