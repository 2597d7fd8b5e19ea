import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumOptions, findChromium, noChromium } from '../support/chromium.ts';
import { DeletionFixture } from '../support/deletion-fixture.ts';

const MOST_BYTES = 160_000;
const LEFTOVERS = 10;
const title = findChromium() ? '' : ` (skipped: ${noChromium})`;

describe.skipIf(!findChromium())(`D9: the certificate on paper${title}`, () => {
  let fixture: DeletionFixture;
  let html: string;

  beforeAll(async () => {
    fixture = await DeletionFixture.open();
    const cloud = await fixture.addFolderPlace({ cloud: true, label: 'WebDAV on cloud.example.org' });
    const store = await fixture.addFolderPlace({ cloud: false });
    await cloud.put('users/u001/photo.jpg');
    for (let at = 0; at < LEFTOVERS; at += 1) {
      const key = `users/u001/report ${at} of 2026.pdf`;
      await store.put(key);
      store.faults.outcomes.set(
        key,
        at % 2 === 0
          ? {
              outcome: 'retained',
              until: Date.UTC(2030, 0, 1),
              reason: `COMPLIANCE retention holds it until ${new Date(Date.UTC(2030, 0, 1)).toISOString()}.`,
            }
          : { outcome: 'changed', reason: 'What stands there is not what was recorded; it stays.' },
      );
    }
    const { id } = await fixture.start();
    await fixture.done(id);
    ({ html } = fixture.deletions.certificate(id, 'ada.sample@example.org'));
  });
  afterAll(() => fixture.dispose());

  test('prints on one page with ten leftovers, in its own letters, and asks nobody for anything', async () => {
    const browser = await chromium.launch(chromiumOptions());
    try {
      const page = await browser.newPage();
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => asked.push(request.url().slice(0, 40)));
      page.on('console', (message) => complaints.push(message.text()));
      await page.setContent(html);
      const letters = await page.evaluate(async () => {
        await document.fonts.ready;
        return [...document.fonts].map(({ family, weight, status }) => `${family} ${weight} ${status}`);
      });
      expect(letters).toEqual([
        'IBM Plex Serif 400 loaded',
        'IBM Plex Serif 500 loaded',
        'IBM Plex Sans 100 700 loaded',
      ]);
      expect(await page.getByText('COMPLIANCE retention').count()).toBe(LEFTOVERS / 2);
      const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1');
      expect(pdf.match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(1);
      expect(asked.filter((url) => !url.startsWith('data:font/woff2'))).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test('stays small enough to be sent along', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(MOST_BYTES);
  });
});
