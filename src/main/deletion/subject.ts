import { createHmac } from 'node:crypto';

/**
 * The subject of a deletion: HMAC-SHA256 of the mail address, in the form in which two addresses are the same, under a
 * key of the deletion's own. Whoever has the address can check it; nobody can read it back or look it up elsewhere.
 */
export function subjectOf(keyHex: string, mailKey: string): string {
  return createHmac('sha256', Buffer.from(keyHex, 'hex')).update(mailKey, 'utf8').digest('hex');
}
