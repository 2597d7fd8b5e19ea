import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import type { RandomBytes } from '../ground.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A UUID of 122 random bits (RFC 9562, version 4). Row and content are found and read by it alone, so one that could be
 * guessed would be worth nothing.
 */
export const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Under what a request's row is found: says nothing of the id. */
export function nameOf(requestId: string, workspaceId: string): Buffer {
  return createHash('sha256').update(`qm/v1/request-name\0${workspaceId}\0${requestId}`).digest();
}

/**
 * AES-256-GCM under a key that is made of the request id (HKDF-SHA256, salt the workspace's id): answers name people and
 * inputs hold passwords, and only the client that made the id can have them read again. `nonce 12 | ciphertext | tag 16`.
 */
export function seal(text: string, requestId: string, workspaceId: string, randomBytes: RandomBytes): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(requestId, workspaceId), nonce);
  cipher.setAAD(nameOf(requestId, workspaceId));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Throws where the content is not what was written. */
export function unseal(content: Buffer, requestId: string, workspaceId: string): string {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(requestId, workspaceId), content.subarray(0, NONCE_BYTES));
  decipher.setAAD(nameOf(requestId, workspaceId));
  decipher.setAuthTag(content.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(content.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
}

function keyOf(requestId: string, workspaceId: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', requestId, workspaceId, 'qm/v1/request-content', 32));
}
