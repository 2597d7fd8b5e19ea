import { hashRaw } from '@node-rs/argon2';

/** Cost of Argon2id. Memory in KiB as RFC 9106 counts it. */
export interface Argon2Parameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** RFC 9106, section 4, second recommendation: 64 MiB, 3 passes, 4 lanes. */
export const ARGON2: Argon2Parameters = { memoryKiB: 65_536, passes: 3, lanes: 4 };

/** More than this is not a parameter that the console wrote, but an edited file that wants the machine's memory. */
export const ARGON2_CEILING: Argon2Parameters = { memoryKiB: 1_048_576, passes: 64, lanes: 64 };

/** 32 bytes from a passphrase, off the event loop. Electron's own crypto has no Argon2, hence the native package. */
export async function deriveKey(passphrase: string, salt: Uint8Array, cost: Argon2Parameters): Promise<Buffer> {
  return hashRaw(passphrase.normalize('NFC'), {
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: 32,
    salt,
  });
}
