import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  sign,
  verify,
} from 'node:crypto';
import { deriveKey } from './argon2.ts';
import { decryptBlob, encryptBlob } from './envelope.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** One primitive: what it gives must be what its standard says. */
export interface KnownAnswer {
  readonly name: string;
  readonly source: string;
  readonly expected: string;
  readonly compute: () => Promise<Uint8Array> | Uint8Array;
}

/** DER in front of a bare Ed25519 seed (RFC 8410, section 7). */
const PKCS8_ED25519 = hex('302e020100300506032b657004220420');

function ed25519(seed: Buffer): {
  privateKey: ReturnType<typeof createPrivateKey>;
  publicKey: ReturnType<typeof createPublicKey>;
} {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const ED25519_SEED = hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');

/** Every primitive that vault, log and session stand on, with an answer from outside this code. */
export const knownAnswers: readonly KnownAnswer[] = [
  {
    name: 'AES-256-GCM with additional data',
    source: 'McGrew and Viega, The Galois/Counter Mode of Operation, test case 16',
    expected:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
    compute: gcmCase16,
  },
  {
    name: 'HKDF-SHA256',
    source: 'RFC 5869, A.1',
    expected: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    compute: () =>
      Buffer.from(
        hkdfSync('sha256', Buffer.alloc(22, 0x0b), hex('000102030405060708090a0b0c'), hex('f0f1f2f3f4f5f6f7f8f9'), 42),
      ),
  },
  {
    name: 'HMAC-SHA256',
    source: 'RFC 4231, 4.3',
    expected: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    compute: () => createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest(),
  },
  {
    name: 'SHA-256',
    source: 'FIPS 180-2, B.1',
    expected: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    compute: () => createHash('sha256').update('abc').digest(),
  },
  {
    name: 'Ed25519',
    source: 'RFC 8032, 7.1, test 2',
    expected:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    compute: () => sign(null, hex('72'), ed25519(ED25519_SEED).privateKey),
  },
  {
    name: 'Argon2id',
    source: 'phc-winner-argon2, src/test.c: version 19, 2 passes, 256 KiB, 1 lane',
    expected: '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
    compute: () => deriveKey('password', Buffer.from('somesalt'), { memoryKiB: 256, passes: 2, lanes: 1 }),
  },
];

function gcmCase16(): Buffer {
  const cipher = createCipheriv(
    'aes-256-gcm',
    hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
    hex('cafebabefacedbaddecaf888'),
    { authTagLength: 16 },
  );
  cipher.setAAD(hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'));
  const plain =
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39';
  return Buffer.concat([cipher.update(hex(plain)), cipher.final(), cipher.getAuthTag()]);
}

/** What must be refused: a primitive that accepts everything passes every known answer. */
function refusals(): void {
  const { privateKey, publicKey } = ed25519(ED25519_SEED);
  const signature = sign(null, hex('72'), privateKey);
  if (!verify(null, hex('72'), publicKey, signature) || verify(null, hex('73'), publicKey, signature))
    throw new Error('Ed25519 does not tell signatures apart');
  const key = Buffer.alloc(32, 7);
  const binding = Buffer.from('row 1');
  const blob = encryptBlob(
    key,
    { purpose: 'credentials', generation: 1 },
    binding,
    Buffer.alloc(12, 9),
    Buffer.from('text'),
  );
  const flipped = Buffer.from(blob);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  const opens = decryptBlob(key, binding, blob)?.toString() === 'text';
  if (!opens || decryptBlob(key, binding, flipped) || decryptBlob(key, Buffer.from('row 2'), blob))
    throw new Error('AES-256-GCM does not tell ciphertexts apart');
}

/**
 * Runs every known answer and throws at the first that is wrong; the start must not go on then. Electron's BoringSSL is
 * not the OpenSSL that tests run on, so this is what shows the difference where it would matter.
 */
export async function runSelfTest(answers: readonly KnownAnswer[] = knownAnswers): Promise<void> {
  for (const { name, source, expected, compute } of answers) {
    const answer = Buffer.from(await compute()).toString('hex');
    if (answer !== expected)
      throw new Error(`The self-test of ${name} failed (${source}): the console does not start.`);
  }
  refusals();
}
