import { join, parse } from 'node:path';
import type { Command } from 'commander';
import { verifyCertificate } from '../../../deletion/index.ts';
import { exitCodes } from '../failures.ts';
import { readText, writeWhole } from '../input-files.ts';
import { fields } from '../table.ts';
import { addVerb, type Carry, fingerprint, type Outcome, optional } from '../verb.ts';
import { given } from './group.ts';

const MAX_CERTIFICATE_BYTES = 50_000_000;
/** A certificate is made to be handed on. */
const READABLE = 0o644;

export function addCertificateVerbs(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'certificate',
    about: 'Write the signed certificate of a deletion that is done, as JSON and as a page to print.',
    arguments: { id: "the deletion's id" },
    options: {
      out: optional('--out <file>', 'the JSON goes into this file; else to standard output'),
      print: optional('--print <file>', 'the page goes into this file'),
      withMail: optional('--with-mail <mail>', 'show the mail address, if it is the one that was deleted'),
    },
    examples: [
      'deletions certificate $ID --out cert.json',
      'deletions certificate $ID --out cert.json --print cert.html --with-mail ada@example.org',
    ],
    async run({ id }, { out, print, withMail }, invocation) {
      const { client } = await invocation.signIn();
      const certificate = await client.deletions.certificate({ deletionId: id, ...given({ withMail }) });
      return out === undefined && print === undefined
        ? { value: certificate, text: [certificate.json, ...certificate.addenda].join('\n') }
        : writeCertificate(certificate, out ?? null, print ?? null);
    },
  });

  addVerb(group, carry, {
    verb: 'verify',
    about: 'Check a certificate; needs no workspace. Exit 0 only for OK.',
    arguments: { file: "the certificate ('-': standard input)" },
    options: { key: fingerprint('--key <fingerprint>', 'fingerprint of the audit key, as it was printed at set-up') },
    examples: ['deletions verify cert.json --key FINGERPRINT', 'deletions verify - --key FINGERPRINT < cert.json'],
    async run({ file }, { key }, invocation) {
      const json = await readText(file, 'a certificate', invocation.stdin, MAX_CERTIFICATE_BYTES);
      const result = verifyCertificate(json, key ?? null);
      return {
        value: result,
        text: [
          fields([
            ['Verdict', result.verdict],
            ['Deletion', result.deletionId],
            ['Fingerprint of the audit key', result.key],
          ]),
          ...result.problems,
        ].join('\n'),
        exit: result.verdict === 'OK' ? exitCodes.done : exitCodes.failed,
      };
    },
  });
}

interface Certificate {
  readonly json: string;
  readonly html: string;
  readonly hash: string;
  readonly addenda: readonly string[];
}

/** Addenda go beside the certificate, a file each, so that each can be checked as it was signed. */
function writeCertificate(
  { json, html, hash, addenda }: Certificate,
  out: string | null,
  print: string | null,
): Outcome {
  const files =
    out === null
      ? []
      : [{ path: out, json }, ...addenda.map((text, at) => ({ path: addendumPath(out, at + 1), json: text }))];
  for (const file of files) writeWhole(file.path, `${file.json}\n`, READABLE);
  if (print !== null) writeWhole(print, html, READABLE);
  const [certificate, ...others] = files.map(({ path }) => path);
  const lines = [
    ...(certificate === undefined
      ? []
      : [`The certificate is in ${certificate}. Check it with: qm deletions verify ${certificate} --key FINGERPRINT`]),
    ...others.map((path) => `What was removed after it is in ${path}.`),
    ...(print === null ? [] : [`The page to print is in ${print}.`]),
    `Hash: ${hash}`,
  ];
  return { value: { hash, out, addenda: others, print }, text: lines.join('\n') };
}

/** `cert.json` → `cert.addendum-1.json` */
function addendumPath(out: string, number: number): string {
  const { dir, name, ext } = parse(out);
  return join(dir, `${name}.addendum-${number}${ext}`);
}
