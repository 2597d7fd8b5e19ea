import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundle, openBundle } from './bundle.ts';

let dir: string;
let bundle: Bundle;
const text = (body: Uint8Array) => Buffer.from(body).toString();

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qm-bundle-'));
  mkdirSync(join(dir, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(dir, 'outside.js'), 'outside');
  writeFileSync(
    join(dir, 'renderer', 'index.html'),
    '<meta name="csp-nonce" content="%CSP_NONCE%"><style nonce="%CSP_NONCE%">',
  );
  writeFileSync(join(dir, 'renderer', 'assets', 'font.woff2'), Uint8Array.of(1, 2, 3));
  writeFileSync(join(dir, 'renderer', 'assets', 'a b.css'), 'body{}');
  writeFileSync(join(dir, 'renderer', 'assets', 'index.js.map'), '{}');
  symlinkSync(join(dir, 'outside.js'), join(dir, 'renderer', 'assets', 'link.js'));
  bundle = openBundle(join(dir, 'renderer'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('X4: the page gets a nonce of its own in every place, and the same in its policy', () => {
  const { headers, body } = bundle.answer('GET', '/');
  const nonce = /'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '')?.[1] ?? 'none';
  expect(Buffer.from(nonce, 'base64')).toHaveLength(16);
  expect(text(body)).toBe(`<meta name="csp-nonce" content="${nonce}"><style nonce="${nonce}">`);
});

test('X4: by default the page connects to its own origin alone', () => {
  expect(bundle.answer('GET', '/').headers['content-security-policy']).toContain("connect-src 'self';");
  expect(bundle.answer('GET', '/', ['ws://127.0.0.1:1']).headers['content-security-policy']).toContain(
    "connect-src 'self' ws://127.0.0.1:1;",
  );
});

test('files come by their exact name with the type of their ending', () => {
  expect(bundle.answer('GET', '/assets/font.woff2')).toMatchObject({
    status: 200,
    headers: { 'content-type': 'font/woff2' },
  });
  expect(bundle.answer('GET', '/assets/a%20b.css').status).toBe(200);
  expect(bundle.answer('GET', '/assets/a b.css').status).toBe(404);
});

test.each([
  '/assets/link.js',
  '/assets/index.js.map',
  '/outside.js',
  '/../outside.js',
  '/%2e%2e/outside.js',
  '/index.html/..',
  '',
  'assets/font.woff2',
])('X4: %j is nothing', (path) => {
  const { status, body } = bundle.answer('GET', path);
  expect(status).toBe(404);
  expect(text(body)).not.toContain('outside');
});

test('a folder without a page is refused with what to do', () => {
  expect(() => openBundle(join(dir, 'renderer', 'assets'))).toThrow(/npm run build/);
});
