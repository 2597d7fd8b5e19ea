import type { Command } from 'commander';
import { verifyCertificate } from '../../../deletion/index.ts';
import { exitCodes } from '../failures.ts';
import { readText, writeWhole } from '../input-files.ts';
import { fields } from '../table.ts';
import { addVerb, type Carry, optional } from '../verb.ts';
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
      if (out !== undefined) writeWhole(out, `${certificate.json}\n`, READABLE);
      if (print !== undefined) writeWhole(print, certificate.html, READABLE);
      const written = [
        ...(out === undefined
          ? []
          : [`The certificate is in ${out}. Check it with: qm deletions verify ${out} --key FINGERPRINT`]),
        ...(print === undefined ? [] : [`The page to print is in ${print}.`]),
      ];
      return {
        value:
          out === undefined && print === undefined
            ? certificate
            : { hash: certificate.hash, out: out ?? null, print: print ?? null },
        text: written.length === 0 ? certificate.json : `${written.join('\n')}\nHash: ${certificate.hash}`,
      };
    },
  });

  addVerb(group, carry, {
    verb: 'verify',
    about: 'Check a certificate; needs no workspace. Exit 0 only for OK.',
    arguments: { file: "the certificate ('-': standard input)" },
    options: { key: optional('--key <fingerprint>', 'of the audit key, as it was printed at set-up') },
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
            ['Key', result.key],
          ]),
          ...result.problems,
        ].join('\n'),
        exit: result.verdict === 'OK' ? exitCodes.done : exitCodes.failed,
      };
    },
  });
}
