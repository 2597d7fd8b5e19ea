import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { revealSecret, type Secret } from '../secret.ts';
import { ARGON2, type Argon2Parameters } from '../vault/index.ts';

/**
 * The same characters from another keyboard or system can be other bytes: passwords are compared in NFC (RFC 8265,
 * section 4.2).
 */
function bytesOf(password: Secret): string {
  return revealSecret(password, 'to hash it').normalize('NFC');
}

/** Argon2id as a PHC string, with its cost inside, so that the cost can rise later without breaking old hashes. */
export function hashPassword(password: Secret, cost: Argon2Parameters = ARGON2): Promise<string> {
  return hash(bytesOf(password), {
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: 32,
  });
}

/** Whether the password is the hash's. A hash that makes no sense fits no password. */
export async function verifyPassword(passwordHash: string, password: Secret): Promise<boolean> {
  try {
    return await verify(passwordHash, bytesOf(password));
  } catch {
    return false;
  }
}

/**
 * A hash that fits no password, of the same cost: verified for a mail address that is nobody's, so that the time of the
 * answer does not say so.
 */
export function unmatchableHash(cost: Argon2Parameters): string {
  const base64 = (size: number) => randomBytes(size).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${cost.memoryKiB},t=${cost.passes},p=${cost.lanes}$${base64(16)}$${base64(32)}`;
}
