import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

// C2SP signed notes and tlog-checkpoints (https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint) with Ed25519.
// Pure, so that a verifier outside the console can use it.

const ED25519 = 1;
/** DER around a bare key (RFC 8410): a private key's seed and a public key's 32 bytes. */
const SEED_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');

/** The head of a log: how many entries, and the root over them. */
export interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface Checkpoint extends Head {
  readonly origin: string;
}

/** A key that signs notes under a name. */
export interface NoteKey {
  readonly name: string;
  readonly publicKey: Buffer;
}

export interface NoteSigner extends NoteKey {
  sign(message: Uint8Array): Buffer;
}

export function signerFromSeed(name: string, seed: Uint8Array): NoteSigner {
  const key = createPrivateKey({ key: Buffer.concat([SEED_DER, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { name, publicKey: spki.subarray(PUBLIC_DER.length), sign: (message) => sign(null, message, key) };
}

/** Whether the Ed25519 signature over a message is the one of this public key (32 bytes). */
export function verifySignature(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean {
  return publicKey.length === 32 && verifies(message, keyObject(publicKey), signature);
}

function verifies(message: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, message, key, signature);
}

function keyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_DER, publicKey]), format: 'der', type: 'spki' });
}

/** The fingerprint that people keep: SHA-256 of the 32 bytes of the public key, as 64 hexadecimal digits. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return hash('sha256', publicKey, 'hex');
}

/** The first four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)`. */
function keyId({ name, publicKey }: NoteKey): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), Buffer.of(ED25519), publicKey]);
  return hash('sha256', named, 'buffer').subarray(0, 4);
}

/** The key as text: `<name>+<id in hex>+<base64 of 0x01 ‖ public key>`. */
export function formatVerifierKey(key: NoteKey): string {
  return `${key.name}+${keyId(key).toString('hex')}+${Buffer.concat([Buffer.of(ED25519), key.publicKey]).toString('base64')}`;
}

export function parseVerifierKey(text: string): NoteKey | null {
  const match = /^([^\s+]+)\+([0-9a-fA-F]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (!match) return null;
  const [, name = '', id = '', encoded = ''] = match;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ED25519) return null;
  const key = { name, publicKey: bytes.subarray(1) };
  return keyId(key).toString('hex') === id.toLowerCase() ? key : null;
}

/** A fingerprint as somebody typed it, or a whole verifier key, as 64 hexadecimal digits; null where it is neither. */
export function readFingerprint(typed: string): string | null {
  const key = parseVerifierKey(typed.trim());
  if (key) return fingerprintOf(key.publicKey);
  const digits = typed.replace(/[\s:-]/g, '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : null;
}

export interface Note {
  /** What is signed, its last newline included. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly id: Buffer; readonly signature: Buffer }[];
}

const SIGNATURE_LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;

/** Takes a signed note apart; null where it is not one. Says nothing about whether a signature holds. */
export function parseNote(note: string): Note | null {
  const at = note.lastIndexOf('\n\n');
  if (at < 1 || !note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return null;
  const signatures = [];
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > 100) return null;
  for (const line of lines) {
    const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
    if (name === undefined || encoded === undefined) return null;
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.length < 5) return null;
    signatures.push({ name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) });
  }
  return { text: note.slice(0, at + 1), signatures };
}

export function signNote(text: string, signer: NoteSigner): string {
  if (!text.endsWith('\n')) throw new RangeError('the text of a note ends with a newline');
  const signature = Buffer.concat([keyId(signer), signer.sign(Buffer.from(text, 'utf8'))]);
  return `${text}\n\u2014 ${signer.name} ${signature.toString('base64')}\n`;
}

/** Whether the note carries a good signature of the key, a false one, or none by it. */
export function checkNote(note: Note, key: NoteKey): Signed {
  return noteCheck(key)(note);
}

export type Signed = 'good' | 'false' | 'unsigned';

/** The same for many notes of one key. */
export function noteCheck({ name, publicKey }: NoteKey): (note: Note) => Signed {
  const id = keyId({ name, publicKey });
  const key = publicKey.length === 32 ? keyObject(publicKey) : null;
  return (note) => {
    const line = note.signatures.find((signature) => signature.name === name && signature.id.equals(id));
    if (!line) return 'unsigned';
    return key && verifies(Buffer.from(note.text, 'utf8'), key, line.signature) ? 'good' : 'false';
  };
}

export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** Reads the text of a checkpoint. Lines after the third are allowed by the format and carry nothing here. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin, digits, encoded, ...rest] = text.split('\n');
  if (!origin || digits === undefined || encoded === undefined || rest.length === 0) return null;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(digits)) return null;
  const root = Buffer.from(encoded, 'base64');
  const size = Number(digits);
  if (root.length !== 32 || root.toString('base64') !== encoded || !Number.isSafeInteger(size)) return null;
  return { origin, size, root };
}
