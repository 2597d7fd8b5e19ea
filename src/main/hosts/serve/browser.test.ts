import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser } from './browser.ts';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'qm-browser-'));
  file = join(dir, 'open console.html');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program of that name, which writes down its arguments and then does `rest`. */
function program(name: string, rest: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\necho "$@" > ${join(dir, name)}.args\n${rest}\n`);
  chmodSync(join(dir, name), 0o755);
}
const argumentsOf = (name: string) =>
  existsSync(join(dir, `${name}.args`)) ? readFileSync(join(dir, `${name}.args`), 'utf8').trim() : null;
const env = () => ({ PATH: dir, DISPLAY: ':99' });

describe.skipIf(process.platform !== 'linux')('the browser window', () => {
  test('R2: is Chromium’s without tabs, opened on the file and on nothing secret', async () => {
    program('chromium', 'exec /bin/sleep 3');
    program('xdg-open', '');
    expect(await openBrowser(file, env())).toBe(true);
    expect(argumentsOf('chromium')).toBe(`--app=${pathToFileURL(file)}`);
    expect(argumentsOf('xdg-open')).toBeNull();
  });

  test('R2: is the system’s browser where Chromium does not start', async () => {
    program('google-chrome', 'exit 1');
    program('xdg-open', 'exit 0');
    expect(await openBrowser(file, env())).toBe(true);
    expect(argumentsOf('google-chrome')).not.toBeNull();
    expect(argumentsOf('xdg-open')).toBe(file);
  });

  test('R2: is missing where nothing starts, where there is no browser, and where there is no display', async () => {
    expect(await openBrowser(file, env())).toBe(false);
    program('chromium', 'exit 1');
    program('xdg-open', 'exit 3');
    expect(await openBrowser(file, env())).toBe(false);
    rmSync(join(dir, 'chromium.args'));
    expect(await openBrowser(file, { PATH: dir })).toBe(false);
    expect(argumentsOf('chromium')).toBeNull();
  });
});
