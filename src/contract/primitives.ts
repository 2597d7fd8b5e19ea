import { z } from 'zod';

/** Public id: UUIDv7 as text, never reused. */
export const Id = z.uuid();

/** How a person names a user: mail address, id or external id. The console finds out which. */
export const UserRef = z.string().min(1).max(320);

/** Size in bytes. Safe integers only: above 2^53 JavaScript's numbers are no longer exact. */
export const Bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A count of things. */
export const Count = z.int().min(0);

/** ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Time = z.iso.datetime();

/** Row version; a write says which one it saw. */
export const Version = z.int().min(1);

export const SHA256_HEX = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');

/** A password, passphrase or key on its way in. Trimmed nowhere, shown nowhere. */
export const SecretText = z.string().min(1).max(4096);

/** A page asked for: `after` is the `next` of the page before. */
export const pageInput = {
  after: z.string().min(1).max(2048).nullish(),
  limit: z.int().min(1).max(500).default(50),
};

/** A page answered: `next` is null on the last one. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ rows: z.array(row), next: z.string().nullable() });
}

const MAIL = /^[^\s@\u0000-\u001f\u007f"(),:;<>[\]\\]+@[^\s@\u0000-\u001f\u007f"(),:;<>[\]\\]+$/u;

/** A mail address: NFC, no spaces or control characters, one `@`. Unique without regard to case. */
export const Mail = z
  .string()
  .trim()
  .max(254, 'is longer than 254 characters')
  .transform((text) => text.normalize('NFC'))
  .pipe(z.string().regex(MAIL, 'is not a mail address'));

/** A name that people read: NFC, no control characters. */
export const DisplayName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'is longer than 200 characters')
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
  .transform((text) => text.normalize('NFC'));

/** Other systems' name of a user; becomes a part of object keys, so no slash, star or space. */
export const ExternalId = z
  .string()
  .regex(/^[A-Za-z0-9._@-]{3,64}$/, 'must be 3 to 64 of A-Z a-z 0-9 . _ @ -')
  .refine((id) => !/^\.+$/.test(id), 'must not consist of dots alone');

/** A password that somebody chooses. Length is the rule (NIST SP 800-63B); no composition rules. */
export const NewPassword = z.string().min(10, 'must have at least 10 characters').max(1024);
