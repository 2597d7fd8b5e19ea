import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureBuild } from '../../scripts/ensure-build.mjs';
import type { ConsoleClient } from '../../src/contract/index.ts';
import { surroundings } from '../../src/main/hosts/owner/address.ts';
import { takeOwnership } from '../../src/main/hosts/owner/lock.ts';
import { openReception } from '../../src/main/hosts/owner/reception.ts';
import { findChromium, noChromium } from '../support/chromium.ts';
import { everyProcedureHolds } from '../support/contract-suite.ts';
import { makeDemo } from '../support/demo.ts';
import { type DesktopApp, findElectron, launchDouble, launchElectron } from '../support/electron/launch.ts';
import * as firstWindow from '../support/first-window.ts';
import { openLineInPage, type PageLine } from '../support/page-console.ts';
import { filesWith } from '../support/planted.ts';
import { startServeHost } from '../support/serve-host.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIL = 'root@example.org';
const PASSWORD = 'correct horse battery staple';
const PASSPHRASE = 'a passphrase for the vault';

const kinds = [
  { kind: 'the double of Electron', launch: launchDouble, isHere: findChromium() !== null, why: noChromium },
  {
    kind: 'Electron',
    launch: launchElectron,
    isHere: findElectron() !== null,
    why: 'Electron’s runtime is not installed',
  },
];

describe.each(kinds)('the desktop on $kind', ({ launch, isHere, why }) => {
  const describeHere = describe.skipIf(!isHere);
  const title = isHere ? '' : ` (skipped: ${why})`;
  let home: string;

  const start = (workspace = join(home, 'workspace')): Promise<DesktopApp> =>
    launch({
      root: ROOT,
      env: {
        HOME: home,
        XDG_CONFIG_HOME: join(home, 'config'),
        QM_WORKSPACE: workspace,
        // No desktop session of whoever runs the tests is to be reached: the vault takes the passphrase way.
        DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
        QM_DEBUG: '1',
      },
    });

  describeHere(`a running app${title}`, () => {
    let app: DesktopApp;
    let page: Page;
    let line: PageLine;
    let stranger: ConsoleClient;

    beforeAll(async () => {
      await ensureBuild();
      home = mkdtempSync(join(tmpdir(), 'qm-desktop-'));
      app = await start();
      page = await app.window();
      line = await openLineInPage(page);
      stranger = (await openLineInPage(page)).client;
      await line.client.session.setUp({ mail: MAIL, name: 'Root', password: PASSWORD, passphrase: PASSPHRASE });
      await line.client.session.signIn({ mail: MAIL, password: PASSWORD });
    }, 300_000);
    afterAll(async () => {
      await app?.quit();
      rmSync(home, { recursive: true, force: true });
    });

    test('X4: its window is sandboxed, isolated, and without Node', async () => {
      expect(await app.webPreferences()).toMatchObject({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
      });
      if (app.kind === 'double') {
        expect(app.records).toContainEqual({ what: 'enableSandbox' });
        expect(app.records).toContainEqual({
          what: 'scheme',
          scheme: 'app',
          privileges: { standard: true, secure: true, supportFetchAPI: true },
        });
      }
    });

    test('X4: the page sees one function of the host, and nothing of Node or Electron', async () => {
      const seen = await page.evaluate(() => {
        const host = window.quartermaster ?? { connect: () => 'missing' };
        const names = ['require', 'process', 'module', 'Buffer', 'global', 'electron', 'ipcRenderer', '__dirname'];
        return {
          keys: Object.keys(host),
          types: Object.values(host).map((value) => typeof value),
          isFrozen: Object.isFrozen(host),
          leaked: names.filter((name) => name in window),
          answer: host.connect(),
        };
      });
      expect(seen).toEqual({ keys: ['connect'], types: ['function'], isFrozen: true, leaked: [], answer: undefined });
    });

    test('X4: the page runs no script but its own', async () => {
      const violations = await page.evaluate(async () => {
        const seen: string[] = [];
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => seen.push(effectiveDirective));
        const inline = document.createElement('script');
        inline.textContent = 'window.inlineRan = true';
        document.body.append(inline);
        const handler = document.createElement('img');
        handler.setAttribute('onerror', 'window.handlerRan = true');
        handler.src = 'data:image/png;base64,AAAA';
        document.body.append(handler);
        const foreign = document.createElement('script');
        foreign.src = 'https://evil.example/x.js';
        document.body.append(foreign);
        await new Promise((resolve) => setTimeout(resolve, 300));
        for (const element of [inline, handler, foreign]) element.remove();
        return { seen, ran: ['inlineRan', 'handlerRan'].filter((name) => name in window) };
      });
      expect(violations.ran).toEqual([]);
      expect(violations.seen).toEqual(expect.arrayContaining(['script-src-elem', 'script-src-attr']));
    });

    test('X4: the page reaches no network', async () => {
      const reached = await page.evaluate(async () => {
        const tries: Record<string, Promise<unknown>> = {
          fetch: fetch('https://evil.example/api'),
          loopback: fetch('http://127.0.0.1:9/'),
          socket: new Promise((resolve, reject) => {
            const socket = new WebSocket('wss://evil.example/');
            socket.onopen = resolve;
            socket.onerror = reject;
          }),
          image: new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = resolve;
            image.onerror = reject;
            image.src = 'https://evil.example/pixel.png';
          }),
        };
        const outcomes = await Promise.allSettled(Object.values(tries));
        return Object.keys(tries).filter((_, index) => outcomes[index]?.status === 'fulfilled');
      });
      expect(reached).toEqual([]);
      expect(app.records.filter((one) => one.what === 'request' && one.outcome === 'network')).toEqual([]);
    });

    test.each([
      'https://evil.example/',
      'app://console.evil.example/',
      'app://other/',
      'http://127.0.0.1:9/',
      'file:///etc/passwd',
      'data:text/html,x',
    ])('X4: the page cannot be led to %s', async (target) => {
      const before = page.url();
      await page.evaluate((url) => {
        const link = document.createElement('a');
        link.href = url;
        document.body.append(link);
        link.click();
        link.remove();
      }, target);
      await page.waitForTimeout(400);
      expect(page.url()).toBe(before);
      if (app.kind === 'double')
        expect(
          app.records
            .filter((one) => one.what === 'landed')
            .every((one) => one.what === 'landed' && one.url.startsWith('app://console/')),
        ).toBe(true);
    });

    test('X4: the page opens no window and holds no frame', async () => {
      await page.evaluate(() => {
        window.open('https://evil.example/');
        window.open('about:blank', '_blank', 'popup');
        const link = document.createElement('a');
        link.href = 'https://evil.example/';
        link.target = '_blank';
        link.rel = 'noopener';
        document.body.append(link);
        link.click();
        link.remove();
        const frame = document.createElement('iframe');
        frame.src = 'https://evil.example/frame';
        document.body.append(frame);
        setTimeout(() => frame.remove(), 300);
      });
      await page.waitForTimeout(1_000);
      expect(app.pages()).toHaveLength(1);
      if (app.kind === 'double') {
        const opened = app.records.flatMap((one) => (one.what === 'window-open' ? [one.action] : []));
        expect(opened.length).toBeGreaterThanOrEqual(2);
        expect(new Set(opened)).toEqual(new Set(['deny']));
      }
    });

    test('X4: every permission is refused but copying text', async () => {
      const states = await page.evaluate(async () => {
        const names = [
          'geolocation',
          'notifications',
          'clipboard-read',
          'camera',
          'microphone',
          'midi',
          'clipboard-write',
        ];
        const pairs = await Promise.all(
          names.map(
            async (name) =>
              [name, (await navigator.permissions.query({ name: name as PermissionName })).state] as const,
          ),
        );
        return Object.fromEntries(pairs);
      });
      const { 'clipboard-write': write, ...others } = states;
      expect(write).toBe('granted');
      for (const [name, state] of Object.entries(others)) expect(state, name).toBe('denied');
      const geolocation = await page.evaluate(
        () =>
          new Promise((resolve) =>
            navigator.geolocation.getCurrentPosition(
              () => resolve('given'),
              ({ code }) => resolve(code),
            ),
          ),
      );
      expect(geolocation).toBe(1);
      if (app.kind === 'double')
        for (const one of app.records) if (one.what === 'permission') expect(one.askedHandlers).toBe('check+request');
    });

    test('X4: app:// hands out the page’s files and nothing else', async () => {
      const statuses = await page.evaluate(async () => {
        const paths = [
          '/',
          '/../../package.json',
          '/%2e%2e/%2e%2e/package.json',
          '/..%2f..%2fpackage.json',
          '/main/index.js',
          '/index.html%00',
        ];
        return Promise.all(paths.map(async (path) => [path, (await fetch(path)).status] as const));
      });
      expect(Object.fromEntries(statuses)).toMatchObject({ '/': 200 });
      for (const [path, status] of statuses.slice(1)) expect(status, path).toBe(404);
      expect(await page.evaluate(async () => (await fetch('/', { method: 'POST' })).status)).toBe(405);
    });

    test('X4: a message that is no text and no bytes ends the line, and the console goes on', async () => {
      const other = await openLineInPage(page);
      await page.evaluate(() => {
        const name =
          Object.keys(window)
            .filter((key) => key.startsWith('line') && !key.endsWith('In'))
            .at(-1) ?? '';
        Reflect.get(window, name).postMessage({ i: '1', p: { u: '/session/state', b: {} } });
      });
      await other.closed;
      const junk = await openLineInPage(page);
      await junk.post('{"i":"1","p":');
      await junk.closed;
      expect((await line.client.session.state({})).signedIn?.mail).toBe(MAIL);
    });

    test('X1: two lines of one page share no session', async () => {
      const other = await openLineInPage(page);
      expect((await other.client.session.state({})).signedIn).toBeNull();
      await other.close();
    });

    everyProcedureHolds({
      stranger: async () => stranger,
      administrator: async () => line.client,
    });
  });

  describeHere(`the life of the app${title}`, () => {
    beforeEach(async () => {
      await ensureBuild();
      home = mkdtempSync(join(tmpdir(), 'qm-desktop-'));
    });
    afterEach(() => rmSync(home, { recursive: true, force: true }));

    const setUp = async (app: DesktopApp) => {
      const { client } = await openLineInPage(await app.window());
      await client.session.setUp({ mail: MAIL, name: 'Root', password: PASSWORD, passphrase: PASSPHRASE });
      return client;
    };

    test('R1: it ends with 0 when its window is closed, and everything that was answered is there at the next start', async () => {
      const first = await start();
      const client = await setUp(first);
      await client.users.create({ mail: 'ada@example.org', name: 'Ada', firstPassword: 'a first password' });
      await (await first.window()).close();
      expect(await first.exited).toBe(0);

      const second = await start();
      try {
        const { client: again } = await openLineInPage(await second.window());
        await again.vault.unlock({ passphrase: PASSPHRASE });
        await again.session.signIn({ mail: MAIL, password: PASSWORD });
        expect((await again.users.list({})).rows.map(({ mail }) => mail)).toEqual([MAIL, 'ada@example.org']);
        expect(await again.audit.verify({})).toMatchObject({ firstBad: null });
      } finally {
        expect(await second.quit()).toBe(0);
      }
    });

    test('R5: killed without warning it comes up again with what it had answered', async () => {
      const first = await start();
      const client = await setUp(first);
      await client.users.create({ mail: 'ada@example.org', name: 'Ada', firstPassword: 'a first password' });
      await first.kill();
      const second = await start();
      try {
        const { client: again } = await openLineInPage(await second.window());
        await again.session.signIn({ mail: MAIL, password: PASSWORD });
        expect((await again.users.show({ user: 'ada@example.org' })).user.name).toBe('Ada');
      } finally {
        await second.quit();
      }
    });

    test('R1: a second start ends at once and leaves the first one running', async () => {
      const first = await start();
      try {
        const page = await first.window();
        const second = await start();
        expect(await second.exited).toBe(0);
        if (first.kind === 'double') await expect.poll(() => first.records).toContainEqual({ what: 'second-instance' });
        expect(await page.evaluate(() => typeof window.quartermaster?.connect)).toBe('function');
        expect(first.pages()).toHaveLength(1);
      } finally {
        await first.quit();
      }
    });

    test('R6: on a workspace that `serve` has open it works through that, and takes over when that is gone', async () => {
      const owner = await startServeHost(ROOT, {
        HOME: home,
        QM_WORKSPACE: join(home, 'workspace'),
        DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
      });
      const app = await start();
      try {
        const page = await app.window();
        const before = await openLineInPage(page);
        await before.client.session.setUp({ mail: MAIL, name: 'Root', password: PASSWORD, passphrase: PASSPHRASE });
        await before.client.users.create({ mail: 'ada@example.org', name: 'Ada', firstPassword: 'a first password' });
        const { rows } = await before.client.audit.list({ event: 'admin.user_created', limit: 1 });
        expect(rows[0]).toMatchObject({ origin: { host: 'desktop' } });
        owner.process.kill('SIGKILL');
        await Promise.all([owner.exited, before.closed]);

        const { client } = await openLineInPage(page);
        await client.vault.unlock({ passphrase: PASSPHRASE });
        await client.session.signIn({ mail: MAIL, password: PASSWORD });
        expect((await client.users.show({ user: 'ada@example.org' })).user.name).toBe('Ada');
      } finally {
        owner.process.kill('SIGKILL');
        expect(await app.quit()).toBe(0);
      }
    });

    test('R6: a workspace whose owner cannot be talked to is left alone: the app says by whom it is in use, and ends', async () => {
      const workspaceDir = join(home, 'workspace');
      const lock = takeOwnership(workspaceDir);
      const reception = await openReception({
        workspaceDir,
        openLine: () => ({ receive() {}, ended() {}, underWay: () => 0 }),
        staysForCommands: false,
        onMotorWanted() {},
        version: '99.0.0',
        log: () => {},
        surroundings: surroundings(),
      });
      try {
        const app = await start();
        if (app.kind === 'electron') return await app.kill(); // Its dialog waits for a person.
        expect(await app.exited).toBe(1);
        const said = app.records.find((one) => one.what === 'error-box');
        expect(said).toMatchObject({
          content: expect.stringContaining(`process ${process.pid}, which is Quartermaster 99.0.0`),
        });
      } finally {
        reception.close();
        lock.release();
      }
    });

    test('the first window, by its screens: set up, users, a reload, and the lock of the vault at the next start', async () => {
      const first = await start();
      const workspace = { name: 'Harbour Archive', passphrase: PASSPHRASE, mail: MAIL, password: PASSWORD };
      const page = await first.window();
      const complaints = complaintsOf(page);
      expect(await firstWindow.setUp(page, workspace)).toMatch(/\S{20}/);
      // X5: a reload asks nobody for a password.
      await page.reload();
      await firstWindow.usersAreListed(page);
      expect(await page.getByLabel('Password', { exact: true }).count()).toBe(0);
      expect(complaints).toEqual([]);
      await first.quit();

      const second = await start();
      try {
        const again = await second.window();
        await firstWindow.unlock(again, PASSPHRASE);
        await firstWindow.signIn(again, { mail: MAIL, password: PASSWORD });
      } finally {
        await second.quit();
      }
    });

    test('D6: a deletion on a filled platform, by its screens: planned, confirmed, watched, certified', async () => {
      const demo = await makeDemo(ROOT, join(home, 'demo'), {
        HOME: home,
        DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
      });
      const app = await start(demo.workspace);
      try {
        const page = await app.window();
        const complaints = complaintsOf(page);
        await firstWindow.unlock(page, demo.passphrase);
        await firstWindow.signIn(page, demo);
        const { client } = await openLineInPage(page);
        await client.session.signIn({ mail: demo.mail, password: demo.password });
        const { count } = await client.users.outline({});
        const { user } = await client.users.show({ user: 'ada@example.org' });
        expect(user.quota.usedBytes).toBeGreaterThan(0);
        await firstWindow.deleteUser(page, { mail: 'ada@example.org', password: demo.password });
        expect((await client.users.outline({})).count).toBe(count - 1);
        const { rows } = await client.deletions.list({});
        expect(rows[0]).toMatchObject({ state: 'done', mail: null, userId: user.id });
        expect(await client.audit.verify({})).toMatchObject({ firstBad: null });
        expect(complaints).toEqual([]);
      } finally {
        await app.quit();
      }
    }, 300_000);

    test('X5: a reload of the page keeps its line and its session apart: the old line ends, a new one starts signed out', async () => {
      const app = await start();
      try {
        const client = await setUp(app);
        await client.session.signIn({ mail: MAIL, password: PASSWORD });
        const page = await app.window();
        await page.reload();
        const { client: fresh } = await openLineInPage(page);
        expect((await fresh.session.state({})).signedIn).toBeNull();
      } finally {
        await app.quit();
      }
    });

    test('X2: no password stands in any file, the browser’s own included', async () => {
      const app = await start();
      const client = await setUp(app);
      await client.session.signIn({ mail: MAIL, password: PASSWORD });
      await app.quit();
      expect(filesWith(home, [PASSWORD, PASSPHRASE])).toEqual([]);
      expect(app.output()).not.toContain(PASSWORD);
    });
  });
});

/** What the page writes to its console as an error, a refused style or script among it. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}
