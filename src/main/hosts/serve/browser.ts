import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Chromium's family opens a window without tabs and address bar on `--app`. */
const CHROMIUMS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'brave-browser',
];
const SETTLED_AFTER_MS = 1_500;

/** Opens a browser window on a local file, and says whether one came up. Never throws: there may be none. */
export async function openBrowser(file: string, env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  for (const [command, args] of waysToOpen(file, env)) if (await startsWell(command, args, env)) return true;
  return false;
}

function waysToOpen(file: string, env: NodeJS.ProcessEnv): [command: string, args: string[]][] {
  if (process.platform === 'darwin') return [['open', [file]]];
  if (process.platform === 'win32') return [['rundll32', ['url.dll,FileProtocolHandler', file]]];
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return [];
  const ways: [string, string[]][] = [];
  const chromium = CHROMIUMS.map((name) => findOnPath(name, env)).find((path) => path !== undefined);
  if (chromium) ways.push([chromium, [`--app=${pathToFileURL(file)}`]]);
  const opener = findOnPath('xdg-open', env);
  if (opener) ways.push([opener, [file]]);
  return ways;
}

function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const dir of (env.PATH ?? '').split(delimiter)) {
    const path = join(dir, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** A browser that goes on running, or that handed the file to a running one and ended with 0, has come up. */
function startsWell(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { detached: true, stdio: 'ignore', env });
    child.unref();
    const timer = setTimeout(() => resolve(true), SETTLED_AFTER_MS);
    const settle = (well: boolean) => {
      clearTimeout(timer);
      resolve(well);
    };
    child.once('error', () => settle(false));
    child.once('exit', (code) => settle(code === 0));
  });
}
