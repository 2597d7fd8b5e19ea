import { z } from 'zod';
import {
  checkNote,
  fingerprintOf,
  leafHash,
  parseCheckpoint,
  parseNote,
  readFingerprint,
  rootFromPath,
  verifySignature,
} from '../audit/index.ts';
import { canonical, sha256 } from './canonical.ts';
import { AddendumBody, CertificateBody, SIGNATURE_DOMAIN, Signature } from './certificate.ts';

export type CertificateVerdict = 'OK' | 'UNTRUSTED_KEY' | 'BAD_SIGNATURE' | 'EDITED' | 'NOT_A_CERTIFICATE';

export interface CertificateCheck {
  readonly verdict: CertificateVerdict;
  /** What is wrong, a sentence each. */
  readonly problems: string[];
  readonly deletionId: string | null;
  /** Fingerprint of the key that signed it. */
  readonly key: string | null;
}

const Envelope = z.strictObject({ certificate: z.looseObject({}), hash: z.string(), signature: z.looseObject({}) });

/**
 * Checks a certificate or an addendum with nothing but itself and, if there is one, the fingerprint that was printed at
 * set-up. A certificate brings its own key, which proves nothing: without a fingerprint the best verdict is UNTRUSTED_KEY.
 */
export function verifyCertificate(json: string, trusted: string | null): CertificateCheck {
  const envelope = readEnvelope(json);
  if (!envelope)
    return {
      verdict: 'NOT_A_CERTIFICATE',
      problems: ['This is not a deletion certificate of Quartermaster.'],
      deletionId: null,
      key: null,
    };
  const { certificate: body, hash } = envelope;
  const signature = Signature.safeParse(envelope.signature);
  const key = signature.success ? exactBase64(signature.data.key) : null;
  const found = { deletionId: deletionIdOf(body), key: key?.length === 32 ? fingerprintOf(key) : null };
  const edited = (...problems: string[]): CertificateCheck => ({ verdict: 'EDITED', problems, ...found });

  const text = canonical(body);
  if (sha256(text) !== hash) return edited('The content is not what its hash says: something in it was changed.');
  if (canonical(envelope) !== json.trim())
    return edited('The text is not exactly the one that was written: keep the file as it came.');
  if (!signature.success || !key || key.length !== 32)
    return edited('The signature is not one of the kind that certificates carry.');
  if (signature.data.fingerprint !== found.key) return edited('The fingerprint is not that of the key beside it.');
  const value = exactBase64(signature.data.value);
  if (!value || !verifySignature(Buffer.from(SIGNATURE_DOMAIN + text, 'utf8'), key, value))
    return {
      verdict: 'BAD_SIGNATURE',
      problems: ['The signature is not one over this content by this key.'],
      ...found,
    };

  const parsed = z.discriminatedUnion('type', [CertificateBody, AddendumBody]).safeParse(body);
  if (!parsed.success)
    return {
      verdict: 'NOT_A_CERTIFICATE',
      problems: ['It is signed, but it is no certificate that this version can read.'],
      ...found,
    };
  const flaws = flawsOf(parsed.data, key);
  if (flaws.length > 0) return edited(...flaws);
  if (trusted === null)
    return {
      verdict: 'UNTRUSTED_KEY',
      problems: ['Nothing was given to hold its key against: give the fingerprint that was printed at set-up.'],
      ...found,
    };
  if (readFingerprint(trusted) !== found.key)
    return {
      verdict: 'UNTRUSTED_KEY',
      problems: ['It was signed by another key than the one whose fingerprint was given.'],
      ...found,
    };
  return { verdict: 'OK', problems: [], ...found };
}

function readEnvelope(json: string): z.infer<typeof Envelope> | null {
  try {
    const parsed = Envelope.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Bytes from their one way of being written: base64 can be read in several. */
function exactBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function deletionIdOf(body: Record<string, unknown>): string | null {
  const id =
    typeof body.deletion === 'object' && body.deletion !== null ? Reflect.get(body.deletion, 'id') : body.deletionId;
  return typeof id === 'string' ? id : null;
}

/** What a body says that does not fit together. None of it can be in one that the console wrote. */
function flawsOf(body: CertificateBody | AddendumBody, key: Uint8Array): string[] {
  const flaws = flawsOfEvidence(body, key);
  if (body.type === 'quartermaster/deletion-certificate') flaws.push(...flawsOfContent(body), ...flawsOfCourse(body));
  return flaws;
}

function flawsOfEvidence({ evidence, workspace }: CertificateBody | AddendumBody, key: Uint8Array): string[] {
  const origin = `quartermaster/${workspace}`;
  const note = parseNote(evidence.checkpoint);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!note || !checkpoint || checkpoint.origin !== origin)
    return ['Its checkpoint is not one of the log of its workspace.'];
  if (checkNote(note, { name: origin, publicKey: Buffer.from(key) }) !== 'good')
    return ['Its checkpoint is not signed by the key of the certificate.'];
  const root = Buffer.from(checkpoint.root);
  const unproven = evidence.entries.filter(({ sequence, entry, path }) => {
    const reached = rootFromPath(
      leafHash(entry),
      sequence - 1,
      checkpoint.size,
      path.map((hash) => Buffer.from(hash, 'base64')),
    );
    return reached === null || !root.equals(reached);
  });
  return unproven.map(({ sequence }) => `Entry ${sequence} is not proven to stand in the log.`);
}

function flawsOfContent(body: CertificateBody): string[] {
  const { backends, leftovers, totals, plan } = body;
  const flaws: string[] = [];
  const sum = (pick: (backend: (typeof backends)[number]) => number) =>
    backends.reduce((total, backend) => total + pick(backend), 0);
  if (sha256(canonical(plan.content)) !== plan.hash) flaws.push('The plan is not the one that its hash names.');
  if (
    totals.planned !== sum((one) => one.planned) ||
    totals.found !== sum((one) => one.found) ||
    totals.removed !== sum((one) => one.removed) ||
    totals.removedBytes !== sum((one) => one.removedBytes) ||
    totals.absent !== sum((one) => one.absent) ||
    totals.leftovers !== sum((one) => one.leftovers) ||
    totals.kept !== sum((one) => one.kept)
  )
    flaws.push('The totals are not the sums of the backends.');
  if (
    totals.leftovers !== leftovers.length ||
    totals.leftoverBytes !== leftovers.reduce((total, one) => total + one.bytes, 0)
  )
    flaws.push('What is left over is not what is listed.');
  for (const backend of backends)
    if (backend.found !== backend.removed + backend.absent + backend.leftovers)
      flaws.push(`In ${backend.label} what was found is not what was removed, absent or left over.`);
  return flaws;
}

const ONCE = ['admin.deletion_planned', 'admin.deletion_started', 'deletion.inventory_written', 'admin.user_deleted'];

/** The entries have to tell the story that the certificate tells. */
function flawsOfCourse({ deletion, subject, credentials, evidence }: CertificateBody): string[] {
  const entries = evidence.entries.map(
    ({ entry }) => JSON.parse(entry) as { event?: unknown; target?: { id?: unknown } | null },
  ); // Proven above to be what the log holds.
  const count = (event: string) => entries.filter((entry) => entry.event === event).length;
  const flaws = ONCE.filter((event) => count(event) !== 1).map(
    (event) => `The log's entry ${event} stands there ${count(event)} times.`,
  );
  const deleted = entries.find(({ event }) => event === 'admin.user_deleted');
  if (deleted && deleted.target?.id !== subject.userId) flaws.push('The log names another user as deleted.');
  const started = entries.find(({ event }) => event === 'admin.deletion_started');
  if (started && started.target?.id !== deletion.id) flaws.push('The log names another deletion as started.');
  if (count('cloud.credentials_purged') !== (credentials.connections.length > 0 ? 1 : 0))
    flaws.push('What the log says about credentials is not what the certificate says.');
  return flaws;
}
