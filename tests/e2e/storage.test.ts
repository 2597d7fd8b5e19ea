import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuild } from '../../scripts/ensure-build.mjs';
import { chromiumOptions, findChromium, noChromium } from '../support/chromium.ts';
import { type Demo, makeDemo } from '../support/demo.ts';
import * as firstWindow from '../support/first-window.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client } from '../support/s3-client.ts';
import { type ServeHost, startServeHost } from '../support/serve-host.ts';

const ROOT = join(import.meta.dirname, '../..');
const OBJECTS = 40;
const missing = !findChromium() ? noChromium : findMinio() === null ? 'no MinIO' : null;

describe.skipIf(missing !== null)(`stores and counts in a window${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let home: string;
  let demo: Demo;
  let minio: MinioServer;
  let host: ServeHost;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  /** The same workspace's environment, for the command line beside the window. */
  const env = () => ({
    PATH: process.env.PATH ?? '',
    HOME: home,
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
    QM_WORKSPACE: demo.workspace,
    QM_ADMIN: demo.mail,
    QM_PASSWORD_FILE: join(home, 'demo/password'),
    QM_PASSPHRASE_FILE: join(home, 'demo/passphrase'),
  });
  const goTo = (address: string) =>
    page.evaluate((hash) => {
      window.location.hash = hash;
    }, address);
  const usersCount = () =>
    page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^Users/ })
      .textContent()
      .then((text) => Number(text?.replace(/\D/g, '')));
  const isAccessible = async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // Colours that still change are neither the one nor the other.
      await page.evaluate(() =>
        Promise.allSettled(
          document
            .getAnimations()
            .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
            .map(({ finished }) => finished),
        ),
      );
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
        colorScheme,
      ).toEqual([]);
    }
  };

  beforeAll(async () => {
    await ensureBuild();
    home = mkdtempSync(join(tmpdir(), 'qm-storage-'));
    demo = await makeDemo(ROOT, join(home, 'demo'), {
      HOME: home,
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
    });
    minio = await startMinio();
    const client = openS3Client(minio);
    await client.makeBucket('docs');
    for (let at = 0; at < OBJECTS; at += 1) await client.put('docs', `users/u002/${at}.txt`, 'four');
    host = await startServeHost(ROOT, env());
    browser = await chromium.launch(chromiumOptions());
    page = await (await browser.newContext()).newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(host.link);
    await firstWindow.signIn(page, demo);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    host?.process.kill('SIGKILL');
    await host?.exited;
    await minio?.close();
    rmSync(home, { recursive: true, force: true });
  });

  test('S1: a server is added, looked at on the spot, and refused under the same name beside its field', async () => {
    await page.getByRole('link', { name: 'Storage' }).click();
    await page.getByRole('heading', { name: 'Stores' }).waitFor();
    await page.getByRole('button', { name: 'Add storage…' }).click();
    const drawer = page.getByRole('dialog');
    const fill = (label: string, text: string) => drawer.getByLabel(label, { exact: true }).fill(text);
    await fill('Name', 'built-in');
    await fill('Address', minio.endpoint);
    await fill('Bucket', 'docs');
    await fill('Layout', 'users/{externalId}/');
    await fill('Access key', minio.accessKey);
    await fill('Secret key', minio.secretKey);
    await drawer.getByRole('button', { name: 'Add storage' }).click();
    await drawer.getByText('NAME_TAKEN').first().waitFor();
    // What was typed is still there, the secret too.
    expect(await drawer.getByLabel('Bucket', { exact: true }).inputValue()).toBe('docs');
    await isAccessible();
    await fill('Name', 'main');
    await drawer.getByRole('button', { name: 'Add storage' }).click();
    await page.getByRole('heading', { name: 'main' }).waitFor();
    const findings = page.getByRole('table', { name: 'Findings' });
    await findings.getByText("The bucket 'docs' is there.").waitFor();
    await isAccessible();
  });

  test('S5: it is indexed by a button, and the result stands in its page, the list and the usage', async () => {
    await page.getByRole('button', { name: 'Index now' }).click();
    await page.getByText(`${OBJECTS} added.`).waitFor();
    const runs = page.getByRole('table', { name: 'Index runs' });
    expect(await runs.getByRole('row').nth(1).textContent()).toContain('Done');
    await goTo('#/storage');
    const row = page.getByRole('table', { name: 'Stores' }).getByRole('row').filter({ hasText: 'main' });
    await row.getByText('160 B').waitFor();
    expect(await row.textContent()).toContain('Done');
    await isAccessible();
  });

  test('S1: a wrong key is told at once, the right one heals it, and one that holds documents cannot go', async () => {
    await goTo('#/storage/main');
    const change = async (secret: string) => {
      await page.getByRole('button', { name: 'Edit…' }).click();
      await page.getByRole('dialog').getByLabel('Secret key', { exact: true }).fill(secret);
      await page.getByRole('dialog').getByRole('button', { name: 'Save changes' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    const credentials = page
      .getByRole('table', { name: 'Findings' })
      .getByRole('row')
      .filter({ hasText: 'Credentials' });
    await change('not the secret key');
    await credentials.getByText('Failed').waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'Index now' }).click();
    await page.getByRole('table', { name: 'Index runs' }).getByText('Failed').first().waitFor();
    await change(minio.secretKey);
    await credentials.getByText('Well').waitFor();
    await page.getByRole('button', { name: 'Remove…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`${OBJECTS} documents of it are on record`).waitFor();
    expect(await dialog.getByRole('button', { name: 'Remove main' }).isDisabled()).toBe(true);
    await isAccessible();
    await dialog.getByRole('button', { name: 'Keep main' }).click();
  });

  test('a user made by another host is counted here, without anybody doing anything', async () => {
    await firstWindow.usersAreListed(page);
    const before = await usersCount();
    const first = join(home, 'first');
    writeFileSync(first, 'a first password\n');
    const args = ['users', 'create', '--mail', 'new@example.org', '--name', 'New', '--first-password-file', first];
    await promisify(execFile)(process.execPath, [join(ROOT, 'out/main/qm.js'), ...args], { env: env() });
    await expect.poll(usersCount, { timeout: 40_000, interval: 500 }).toBe(before + 1);
    await page.getByRole('grid', { name: 'Users' }).getByText('new@example.org').waitFor();
  });

  test('D6: from the button to the run no frame is empty, and the count falls when the deletion has ended', async () => {
    const before = await usersCount();
    await page.evaluate(() => {
      const seen = { empty: 0, frames: 0 };
      Reflect.set(window, 'qmFrames', seen);
      const look = () => {
        seen.frames += 1;
        if (!document.querySelector('main h1')) seen.empty += 1;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await firstWindow.deleteUser(page, { mail: 'alan@example.org', password: demo.password });
    const seen = await page.evaluate(() => Reflect.get(window, 'qmFrames') as { empty: number; frames: number }); // As set above.
    expect(seen.frames).toBeGreaterThan(20);
    expect(seen.empty).toBe(0);
    await expect.poll(usersCount, { timeout: 5_000 }).toBe(before - 1);
    await isAccessible();
    await page.getByRole('link', { name: 'Show to print' }).click();
    await expect
      .poll(() => page.evaluate(() => [...(document.querySelector('iframe')?.contentDocument?.fonts ?? [])].length))
      .toBe(3);
  });

  test('nothing was complained about', () => {
    expect(complaints).toEqual([]);
  });
});
