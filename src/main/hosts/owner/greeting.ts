import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Origin } from '../../ground.ts';

export const CLOSE_OTHER_VERSION = 4409;
const LONGEST_NAME = 255;

/** A guest's first message: the token of the calling card, and who comes. */
const Greeting = z.strictObject({
  token: z.string(),
  /** Of the package: both sides have the same contract only if it is the same. */
  version: z.string().max(50),
  /** Whether the guest counts on the owner to do the work that waits. */
  motor: z.boolean(),
  /** Where acts of this line come from (A3). Any process that can read the card is this account's, and is believed. */
  origin: z.strictObject({
    machine: z.string().max(LONGEST_NAME),
    osAccount: z.string().max(LONGEST_NAME),
    networkAddress: z.string().max(100).nullable(),
    host: z.enum(['desktop', 'serve', 'qm']),
  }),
});
export type Greeting = z.infer<typeof Greeting>;

export function writeGreeting(greeting: Greeting): string {
  const { origin } = greeting;
  return JSON.stringify({
    ...greeting,
    origin: {
      ...origin,
      machine: origin.machine.slice(0, LONGEST_NAME),
      osAccount: origin.osAccount.slice(0, LONGEST_NAME),
    } satisfies Origin,
  });
}

export function readGreeting(message: string): Greeting | null {
  try {
    return Greeting.parse(JSON.parse(message));
  } catch {
    return null;
  }
}

/** Compared by digests of one length, so that the time it takes tells nothing of how much was right. */
export function isSameToken(shown: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}
