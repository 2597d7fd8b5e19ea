import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownAnswers, runSelfTest } from './self-test.ts';

test('the self-test passes here, on OpenSSL', async () => {
  await expect(runSelfTest()).resolves.toBeUndefined();
});

test('a single wrong answer of any primitive stops the start and names it', async () => {
  for (const broken of knownAnswers) {
    const answers = knownAnswers.map((answer) =>
      answer === broken ? { ...answer, compute: () => Buffer.alloc(32) } : answer,
    );
    await expect(runSelfTest(answers)).rejects.toThrowError(broken.name);
  }
});

test('every primitive that the vault names has a known answer', () => {
  expect(knownAnswers.map(({ name }) => name).sort()).toEqual(
    ['AES-256-GCM with additional data', 'Argon2id', 'Ed25519', 'HKDF-SHA256', 'HMAC-SHA256', 'SHA-256'].sort(),
  );
});

/** What Electron's BoringSSL has, of what is called by name; `md5` and `sha1` only where a protocol asks for them. */
const ALLOWED = new Set(['aes-256-gcm', 'sha256', 'sha512', 'sha1', 'md5', 'ed25519', 'x25519']);

/** Calls of node:crypto that take an algorithm's name as their first argument. */
const NAMED =
  /\b(?:createCipheriv|createDecipheriv|createHash|createHmac|hkdf|hkdfSync|generateKeyPair|generateKeyPairSync|hash|createSign|createVerify)\(\s*(['"`])([^'"`]*)\1/g;
/** The same calls with something else than a literal name, which this test could not judge. */
const UNNAMED =
  /\b(?:createCipheriv|createDecipheriv|createHash|createHmac|hkdfSync|generateKeyPairSync|createSign|createVerify)\(\s*(?!['"`\s])/g;
/** Not in BoringSSL, or there only as a function that throws. */
const ABSENT =
  /\bargon2Sync\b|chacha20|aes-\d+-(?:ccm|ocb|siv|wrap)|id-aes|\baria-\d|\bblake2|\bsha3-|\bshake\d|\bcrypto\.argon2\b/gi;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function judge(text: string): string[] {
  const named = [...text.matchAll(NAMED)]
    .map((match) => match[2] ?? '')
    .filter((name) => !ALLOWED.has(name.toLowerCase()));
  return [
    ...named,
    ...[...text.matchAll(UNNAMED)].map(([call]) => call),
    ...[...text.matchAll(ABSENT)].map(([word]) => word),
  ];
}

test('the sources name no algorithm that Electron does not have', () => {
  const files = sources(join(import.meta.dirname, '..', '..'));
  expect(files.length).toBeGreaterThan(20);
  const found = files.flatMap((file) => judge(readFileSync(file, 'utf8')).map((name) => `${file}: ${name}`));
  expect(found).toEqual([]);
});

test('this search would find one', () => {
  expect(judge("createCipheriv('chacha20-poly1305', key, nonce)")).not.toEqual([]);
  expect(judge("createCipheriv('aes-256-ccm', key, nonce)")).not.toEqual([]);
  expect(judge("createHash(\n  'blake2b512')")).not.toEqual([]);
  expect(judge("createHash('sha3-256')")).not.toEqual([]);
  expect(judge('createHash(name)')).not.toEqual([]);
  expect(judge('crypto.argon2Sync("argon2id", {})')).not.toEqual([]);
  expect(judge("createHash('sha256')")).toEqual([]);
});
