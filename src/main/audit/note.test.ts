import { describe, expect, test } from 'vitest';
import {
  checkNote,
  fingerprintOf,
  formatCheckpoint,
  formatVerifierKey,
  type NoteKey,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  readFingerprint,
  signerFromSeed,
  signNote,
} from './note.ts';

// The example of golang.org/x/mod/sumdb/note, where the format comes from: key, text and note.
const GO_SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const GO_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE = `${GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

const key = parseVerifierKey(GO_KEY) as NoteKey;
const signer = signerFromSeed('quartermaster/x', Buffer.alloc(32, 7));

describe('A4: checkpoints as C2SP signed notes', () => {
  test('the reference example is signed and checked byte for byte', () => {
    expect(key.name).toBe('PeterNeumann');
    expect(formatVerifierKey(key)).toBe(GO_KEY);
    const peter = signerFromSeed('PeterNeumann', GO_SEED);
    expect(peter.publicKey.equals(key.publicKey)).toBe(true);
    expect(signNote(GO_TEXT, peter)).toBe(GO_NOTE);
    const note = parseNote(GO_NOTE)!;
    expect(note.text).toBe(GO_TEXT);
    expect(checkNote(note, key)).toBe('good');
  });

  test('a changed text is a false signature, another key none at all', () => {
    expect(checkNote(parseNote(GO_NOTE.replace('answer', 'ANSWER'))!, key)).toBe('false');
    expect(checkNote(parseNote(GO_NOTE)!, signer)).toBe('unsigned');
    expect(checkNote(parseNote(GO_NOTE)!, { ...signer, name: 'PeterNeumann' })).toBe('unsigned');
  });

  test('what is not a note is none', () => {
    for (const text of [
      '',
      '\n',
      GO_TEXT,
      GO_NOTE.slice(0, -1),
      GO_NOTE.replace('\n— ', '\n- '),
      GO_NOTE.replace('— PeterNeumann ', '— Peter Neumann '),
      GO_NOTE.replace('x08go/', 'x08g!/'),
      GO_NOTE.replace('think', 'th\u0000nk'),
      `${GO_TEXT}\n— PeterNeumann AAAA\n`,
      `${GO_TEXT}\n${'— PeterNeumann x08go/ZJ\n'.repeat(101)}`,
    ])
      expect(parseNote(text), JSON.stringify(text)).toBeNull();
  });

  test('the text of a checkpoint is read as it is written, and nothing else is', () => {
    const root = Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64');
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const checkpoint = { origin: 'example.com/behind-the-sofa', size: 20852163, root };
    expect(parseCheckpoint(text)).toEqual(checkpoint);
    expect(formatCheckpoint(checkpoint)).toBe(text);
    for (const bad of [
      text.replace('20852163', '020852163'),
      text.replace('20852163', '-1'),
      text.replace('20852163', '1e3'),
      text.replace('20852163', '99999999999999999'),
      text.replace('CsUY', 'CsU'),
      text.replace('q2I=', 'q2J='),
      text.slice(0, text.indexOf('\n') + 1),
      text.slice(text.indexOf('\n')),
      '',
    ])
      expect(parseCheckpoint(bad), JSON.stringify(bad)).toBeNull();
  });

  test('a fingerprint is found in what people type', () => {
    const fingerprint = fingerprintOf(key.publicKey);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(readFingerprint(` ${fingerprint.toUpperCase()} \n`)).toBe(fingerprint);
    expect(readFingerprint(fingerprint.match(/.{4}/g)!.join(':'))).toBe(fingerprint);
    expect(readFingerprint(GO_KEY)).toBe(fingerprint);
    for (const bad of [
      '',
      'abc',
      `${fingerprint}0`,
      GO_KEY.replace('c74f20a3', 'c74f20a4'),
      GO_KEY.replace('+A', '+B'),
    ])
      expect(readFingerprint(bad), bad).toBeNull();
  });
});
