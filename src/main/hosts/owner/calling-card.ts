import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const CALLING_CARD = 'owner.json';

/** Where the owner can be talked to, and with what. Stands in a 0600 file of the workspace for as long as it can. */
const CallingCard = z.strictObject({
  /** Null where the owner found no place for a socket. */
  address: z.string().min(1).max(500).nullable(),
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type CallingCard = z.infer<typeof CallingCard>;

export function writeCallingCard(workspaceDir: string, card: CallingCard): void {
  const path = join(workspaceDir, CALLING_CARD);
  const next = `${path}.${process.pid}`;
  rmSync(next, { force: true });
  writeFileSync(next, `${JSON.stringify(card)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(next, path);
}

/** The card as it stands; null where there is none, or none that is whole. Throws where it may not be read. */
export function readCallingCard(workspaceDir: string): CallingCard | null {
  let text: string;
  try {
    text = readFileSync(join(workspaceDir, CALLING_CARD), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    return CallingCard.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export function removeCallingCard(workspaceDir: string): void {
  rmSync(join(workspaceDir, CALLING_CARD), { force: true });
}
