import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuild } from '../../scripts/ensure-build.mjs';
import type { ConsoleClient } from '../../src/contract/index.ts';
import { chromiumOptions, findChromium, noChromium } from '../support/chromium.ts';
import { everyProcedureHolds } from '../support/contract-suite.ts';
import * as firstWindow from '../support/first-window.ts';
import { filesWith } from '../support/planted.ts';
import { openAdmittedSocket, type ServeHost, startServeHost } from '../support/serve-host.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIL = 'root@example.org';
const PASSWORD = 'correct horse battery staple';
const PASSPHRASE = 'a passphrase for the vault';
const title = findChromium() ? '' : ` (skipped: ${noChromium})`;

describe.skipIf(!findChromium())(`the console in a browser${title}`, () => {
  let home: string;
  let host: ServeHost;
  let browser: Browser;

  const tokenInFile = () => /#t=([\w-]{43})/.exec(readFileSync(host.openingFile, 'utf8'))?.[1] ?? '';
  const newLink = () => `${host.address}#t=${tokenInFile()}`;
  const openTab = async (link: string) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(link);
    return page;
  };

  beforeAll(async () => {
    await ensureBuild();
    home = mkdtempSync(join(tmpdir(), 'qm-serve-'));
    const env = {
      HOME: home,
      QM_WORKSPACE: join(home, 'workspace'),
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
    };
    host = await startServeHost(ROOT, env);
    browser = await chromium.launch(chromiumOptions());
    const page = await openTab(newLink());
    await firstWindow.setUp(page, { name: 'Harbour Archive', passphrase: PASSPHRASE, mail: MAIL, password: PASSWORD });
    await page.context().close();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    host?.process.kill('SIGKILL');
    await host?.exited;
    rmSync(home, { recursive: true, force: true });
  });

  test('R2: the printed link admits a tab, once; the address does not keep the token; a reload stays in', async () => {
    const page = await openTab(host.link);
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.getByLabel('Password').waitFor();
    expect(page.url()).toBe(host.address);
    await firstWindow.signIn(page, { mail: MAIL, password: PASSWORD });
    // X5: a reload comes back by the tab's own token, and asks nobody for a password.
    await page.reload();
    await firstWindow.usersAreListed(page);
    expect(await page.getByLabel('Password', { exact: true }).count()).toBe(0);
    expect(requests.every((url) => url.startsWith(host.address) || url.startsWith('data:'))).toBe(true);
    expect(complaints).toEqual([]);
    await page.context().close();

    const second = await openTab(host.link);
    await second.getByText('This tab is not admitted').waitFor();
    await second.context().close();
  });

  test('R2: the file opens the console, and again for another tab', async () => {
    for (let tab = 0; tab < 2; tab += 1) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(pathToFileURL(host.openingFile).href);
      await page.getByLabel('Password').waitFor();
      expect(page.url()).toBe(host.address);
      await context.close();
    }
  });

  test('X4: the page runs no script but its own and reaches nothing but its host', async () => {
    const page = await openTab(newLink());
    await page.getByLabel('Password').waitFor();
    const seen = await page.evaluate(async () => {
      const directives: string[] = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
        directives.push(effectiveDirective),
      );
      const script = document.createElement('script');
      script.textContent = 'window.inlineRan = true';
      document.body.append(script);
      await fetch('https://evil.example/').catch(() => {});
      await fetch('http://127.0.0.1:9/').catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { directives, ran: 'inlineRan' in window };
    });
    expect(seen.ran).toBe(false);
    expect(seen.directives).toEqual(expect.arrayContaining(['script-src-elem', 'connect-src']));
    await page.context().close();
  });

  describe('a web page elsewhere in the same browser', () => {
    let server: Server;
    let evilPort: number;

    beforeAll(async () => {
      server = createServer((_request, response) =>
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>'),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      evilPort = (server.address() as AddressInfo).port; // A TCP server's address is never a pipe's name.
    });
    afterAll(() => server.close());

    test.each(['127.0.0.1', 'localhost'])(
      'X1: at %s it gets no socket, no file, no frame and no script of the console',
      async (name) => {
        const script = /assets\/[\w-]+\.js/.exec(await (await fetch(host.address)).text())?.[0] ?? '';
        expect((await fetch(`${host.address}${script}`)).status).toBe(200);
        const page = await openTab(`http://${name}:${evilPort}/`);
        const outcome = await page.evaluate(
          async ({ address, file }) => {
            const { host: name } = new URL(address);
            const settled = (start: (resolve: (said: string) => void) => void) => new Promise<string>(start);
            return {
              socket: await settled((resolve) => {
                const socket = new WebSocket(`ws://${name}/console`);
                socket.onopen = () => resolve('open');
                socket.onclose = () => resolve('closed');
              }),
              read: await fetch(address).then(
                () => 'read',
                () => 'refused',
              ),
              blind: await fetch(address, { mode: 'no-cors' }).then(
                () => 'sent',
                () => 'refused',
              ),
              script: await settled((resolve) => {
                const script = document.createElement('script');
                script.src = `${address}${file}`;
                script.onload = () => resolve('loaded');
                script.onerror = () => resolve('refused');
                document.body.append(script);
              }),
            };
          },
          { address: host.address, file: script },
        );
        expect(outcome).toEqual({ socket: 'closed', read: 'refused', blind: 'refused', script: 'refused' });

        await page.evaluate((address) => {
          const frame = document.createElement('iframe');
          frame.src = address;
          document.body.append(frame);
        }, host.address);
        await page.waitForTimeout(500);
        const frame = page.frames().find((one) => one !== page.mainFrame());
        expect(await frame?.evaluate(() => document.getElementById('root') === null)).toBe(true);
        await page.context().close();
      },
    );
  });

  describe('over its socket', () => {
    let administrator: ConsoleClient;
    let stranger: ConsoleClient;

    beforeAll(async () => {
      const opened = await openAdmittedSocket(host.address, tokenInFile());
      administrator = opened.client;
      stranger = (await openAdmittedSocket(host.address, opened.tabToken)).client;
      await administrator.session.signIn({ mail: MAIL, password: PASSWORD });
    });

    test('A3: acts name the browser host and the peer’s address', async () => {
      const { rows } = await administrator.audit.list({ limit: 1 });
      expect(rows[0]?.origin).toMatchObject({ host: 'serve', networkAddress: '127.0.0.1' });
    });

    everyProcedureHolds({ stranger: async () => stranger, administrator: async () => administrator });
  });

  test('X2: no password and no token stands in any file but the one that opens the console', () => {
    const { hash } = new URL(host.link);
    expect(filesWith(home, [PASSWORD, PASSPHRASE, hash.slice('#t='.length)])).toEqual([]);
    expect(host.output()).not.toContain(PASSWORD);
  });

  test('R2: Ctrl-C ends it in peace and takes the file away', async () => {
    host.process.kill('SIGINT');
    expect(await host.exited).toBe(130);
    expect(existsSync(host.openingFile)).toBe(false);
  });
});
