import { expect, test } from 'vitest';
import { CHEAP } from '../../../tests/support/vault-ground.ts';
import { Secret } from '../secret.ts';
import { hashPassword, unmatchableHash, verifyPassword } from './passwords.ts';

test('X2: a password is hashed with Argon2id at 64 MiB, 3 passes, 4 lanes, and the cost stands in the hash', async () => {
  const hash = await hashPassword(new Secret('correct horse battery'));
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await verifyPassword(hash, new Secret('correct horse battery'))).toBe(true);
  expect(await verifyPassword(hash, new Secret('correct horse batterx'))).toBe(false);
});

test('two hashes of one password differ, and a hash of another cost still fits', async () => {
  const secret = new Secret('correct horse battery');
  const [one, two] = await Promise.all([hashPassword(secret, CHEAP), hashPassword(secret, CHEAP)]);
  expect(one).not.toBe(two);
  const other = await hashPassword(secret, { memoryKiB: 16, passes: 2, lanes: 2 });
  expect(await verifyPassword(other, secret)).toBe(true);
});

test('a hash that makes no sense fits no password and is no error', async () => {
  for (const hash of ['', 'x', '$argon2id$', '$2b$10$abcdefghijklmnopqrstuv', '$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA'])
    expect(await verifyPassword(hash, new Secret('x'))).toBe(false);
});

test('the hash for nobody is one that can be worked through, and fits nothing', async () => {
  const hash = unmatchableHash(CHEAP);
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await verifyPassword(hash, new Secret(''))).toBe(false);
});
