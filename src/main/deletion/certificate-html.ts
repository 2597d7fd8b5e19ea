import { countText as count, sizeText as size } from '../../contract/figures.ts';
import { AddendumBody, CertificateBody, type CertifiedBackend, Signature } from './certificate.ts';
import { CERTIFICATE_STYLE } from './certificate-style.ts';
import { drawSeal, MARK } from './seal-drawing.ts';

/** So many rows of places and leftovers still fit on one page, if they are set closer. */
const DENSE_FROM = 6;
/** More leftovers than this are counted on paper; each of them stands in the JSON. */
const LEFTOVERS_PRINTED = 500;

/**
 * The certificate as a page to print: complete in itself, without script, and with everything escaped. `mail` is printed
 * as the subject's; the caller has made sure that it is.
 */
export function printCertificate(json: string, addenda: readonly string[], mail: string | null): string {
  const { certificate, hash, signature } = open(json);
  const body = CertificateBody.parse(certificate);
  const signed = Signature.parse(signature);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:">`,
    `<meta name="viewport" content="width=device-width"><title>Certificate of deletion ${text(body.deletion.id)}</title>`,
    `<style>${CERTIFICATE_STYLE}</style></head><body${isDense(body) ? ' class="dense"' : ''}>`,
    '<table class="sheet"><thead><tr><td></td></tr></thead><tfoot><tr><td></td></tr></tfoot><tbody><tr><td>',
    head(body, hash),
    lead(body, mail),
    backends(body),
    leftovers(body),
    `<div class="two"><div>${credentials(body)}</div><div>${course(body)}</div></div>`,
    addenda.map((addendum) => later(addendum)).join(''),
    evidence(body, hash, signed),
    section(
      'What it does not say',
      `<ul>${body.doesNotSay.map((sentence) => `<li>${text(sentence)}</li>`).join('')}</ul>`,
    ),
    `<p class="foot">Check it: <code>qm deletions verify certificate.json --key ${text(signed.fingerprint.slice(0, 8))}…</code>, with the key’s `,
    'fingerprint as it was printed at set-up. The JSON file is the certificate; this page only shows it.</p>',
    '</td></tr></tbody></table></body></html>',
  ].join('');
}

function open(json: string): { certificate: unknown; hash: string; signature: unknown } {
  return JSON.parse(json) as { certificate: unknown; hash: string; signature: unknown }; // The console's own; the schemas look at the parts.
}

function isDense({ backends, leftovers, credentials }: CertificateBody): boolean {
  return backends.length + leftovers.length + credentials.connections.length > DENSE_FROM;
}

function head(body: CertificateBody, hash: string): string {
  return (
    `<header><div><div class="brand"><svg width="18" height="18" viewBox="0 0 32 32" aria-hidden="true">${MARK}</svg>Quartermaster` +
    `<span>Workspace ${text(body.workspace)}</span></div><h1>Certificate of deletion</h1>` +
    `<div class="number">No. ${text(body.deletion.id)}, issued ${time(body.issuedAt)}</div></div>${drawSeal(hash, 116)}</header>`
  );
}

function lead({ totals, subject, credentials: { connections } }: CertificateBody, mail: string | null): string {
  const who =
    mail === null
      ? `The account with the id <b>${text(subject.userId)}</b>`
      : `The account <b>${text(mail)}</b> (id ${text(subject.userId)})`;
  const erased =
    connections.length === 0
      ? 'It had no cloud credentials.'
      : `${capital(number(connections.length, 'cloud credential'))} ${connections.length === 1 ? 'was' : 'were'} erased from this workspace.`;
  return (
    `<p class="lead">${who} was deleted. ${capital(number(totals.planned, 'object'))} ${totals.planned === 1 ? 'was' : 'were'} planned and ` +
    `${count(totals.found)} found; <b>${count(totals.removed)} ${totals.removed === 1 ? 'was' : 'were'} removed</b>, ${totals.absent === 0 ? 'none' : count(totals.absent)} ` +
    `${totals.absent < 2 ? 'was' : 'were'} already absent, and <b>${totals.leftovers === 0 ? 'none remains' : `${count(totals.leftovers)} ${totals.leftovers === 1 ? 'remains' : 'remain'}`}</b>. ${erased}</p>`
  );
}

const FINAL = { final: 'Final', trash: 'In the trash', retained: 'Partly held', unknown: 'Not said' } as const;

function backends({ backends: rows, totals }: CertificateBody): string {
  const line = (row: CertifiedBackend) =>
    `<tr><td><b>${text(row.label)}</b> <small>${row.cloud ? 'the user’s cloud' : 'the platform’s store'}, ${text(row.kind)}</small></td>` +
    `${[row.planned, row.found, row.removed, row.absent, row.leftovers, row.kept].map(cell).join('')}<td class="n">${size(row.removedBytes)}</td>` +
    `<td>${row.outcome === 'skipped' ? 'Left behind' : row.removed === 0 ? '—' : FINAL[row.finality]}</td></tr>`;
  return section(
    'Removed, by place',
    '<table class="list places"><thead><tr><th>Place</th><th class="n">Planned</th><th class="n">Found</th><th class="n">Removed</th><th class="n">Absent</th>' +
      '<th class="n">Remain</th><th class="n">Kept</th><th class="n">Size</th><th>How final</th></tr></thead><tbody>' +
      `${rows.map(line).join('')}<tr class="sum"><td>Together</td>` +
      `${[totals.planned, totals.found, totals.removed, totals.absent, totals.leftovers, totals.kept].map(cell).join('')}` +
      `<td class="n">${size(totals.removedBytes)}</td><td></td></tr></tbody></table>${notes(rows)}`,
  );
}

/** What each place amounts to; places of which the same is to be said stand together. */
function notes(rows: readonly CertifiedBackend[]): string {
  const byNote = new Map<string, string[]>();
  for (const { label, problem, meaning, note } of rows) {
    const said = [problem, meaning, note].filter((part) => part !== null).join(' ');
    byNote.set(said, [...(byNote.get(said) ?? []), label]);
  }
  const lines = [...byNote].map(
    ([said, labels]) => `<li>${labels.map((label) => `<b>${text(label)}</b>`).join(', ')}: ${text(said)}</li>`,
  );
  return lines.length === 0 ? '' : `<ul>${lines.join('')}</ul>`;
}

function leftovers({ leftovers: rows, backends: places }: CertificateBody): string {
  if (rows.length === 0)
    return section(
      'What remains, and why',
      '<table class="list"><tbody><tr><td>Nothing that is known of.</td></tr></tbody></table>',
    );
  const labels = new Map(places.map(({ id, label }) => [id, label]));
  const shown = rows
    .slice(0, LEFTOVERS_PRINTED)
    .map(
      (row) =>
        `<tr><td>${text(labels.get(row.backend) ?? row.backend)}</td><td><code class="key">${key(row.key)}</code>` +
        `${row.kind === 'object' ? '' : `<br>${text(row.kind)}${row.versionId === null ? '' : ` ${text(row.versionId)}`}`}</td>` +
        `<td>${text(row.reason)}${row.retainedUntil === null || row.reason.includes(row.retainedUntil) ? '' : ` Until ${time(row.retainedUntil)}.`}</td></tr>`,
    );
  const rest = rows.length - shown.length;
  const more =
    rest > 0 ? `<tr><td colspan="3">and ${count(rest)} more, each of them named in the JSON file</td></tr>` : '';
  return section(
    'What remains, and why',
    `<table class="list remains"><thead><tr><th>Place</th><th>Key</th><th>Why</th></tr></thead><tbody>${shown.join('')}${more}</tbody></table>`,
  );
}

const GRANTS = {
  revoked: 'revoked and erased',
  not_offered: 'erased; the provider offers no revocation',
  still_in_use: 'erased; the grant is in use by another connection',
  failed: 'erased; the provider did not take the revocation',
} as const;

function credentials({ credentials: { connections, purgedAt, destroyedCopies } }: CertificateBody): string {
  const rows = connections.map(({ id, provider, grant }) => pair(`${provider} ${id.slice(-8)}`, text(GRANTS[grant])));
  if (purgedAt !== null) rows.push(pair('Erased', time(purgedAt)));
  if (destroyedCopies.length > 0)
    rows.push(pair('Copies destroyed', destroyedCopies.map((name) => `<code>${text(name)}</code>`).join('<br>')));
  return section('Credentials', pairs(rows.length === 0 ? [pair('none', 'no cloud was connected')] : rows));
}

function course({ deletion, plan, backends: places }: CertificateBody): string {
  const removals = places.flatMap(({ lastRemovalAt }) => lastRemovalAt ?? []).sort();
  const looks = places.flatMap(({ verifiedAt }) => verifiedAt ?? []).sort();
  return section(
    'Course',
    pairs([
      pair('Plan frozen', `${time(plan.content.createdAt)}<br><small>by ${text(plan.content.createdBy)}</small>`),
      pair('Confirmed', `${time(deletion.startedAt)}<br><small>by ${text(deletion.orderedBy)}</small>`),
      pair('Removed', span(deletion.firstRemovalAt, removals.at(-1) ?? null)),
      pair('Listed again', maybe(looks.at(-1))),
      pair('Finished', time(deletion.finishedAt)),
    ]),
  );
}

/** Leftovers that were tried again after the certificate. */
function later(json: string): string {
  const addendum = AddendumBody.parse(open(json).certificate);
  const rows = addendum.resolved
    .slice(0, LEFTOVERS_PRINTED)
    .map(
      (row) =>
        `<tr><td><code class="key">${key(row.key)}</code></td><td>${row.as === 'removed' ? 'removed' : 'absent by then'}</td><td>${time(row.at)}</td></tr>`,
    );
  return section(
    `Addendum ${addendum.number}, issued ${time(addendum.issuedAt)}`,
    `<table class="list"><tbody>${rows.join('')}<tr class="sum"><td>${count(addendum.resolved.length)} tried again with success, ${count(addendum.remaining)} remain</td>` +
      `<td></td><td></td></tr></tbody></table>`,
  );
}

const PROVING = ['admin.deletion_started', 'cloud.credentials_purged', 'admin.user_deleted'];

function evidence(body: CertificateBody, hash: string, signature: Signature): string {
  const entries = body.evidence.entries.flatMap(({ sequence, entry }) => {
    const { event } = JSON.parse(entry) as { event: string }; // An entry as the log wrote it.
    return PROVING.includes(event) ? [`${count(sequence)}&nbsp;<code>${text(event)}</code>`] : [];
  });
  return section(
    'Evidence',
    pairs([
      pair('Plan', `<code>${groups(body.plan.hash)}</code>`),
      pair('Certificate', `<code>${groups(hash)}</code>`),
      pair(
        'Audit log',
        `${entries.join(', ')}; ${number(body.evidence.entries.length, 'entry', 'entries')} proven against a signed checkpoint`,
      ),
      pair(
        'Subject',
        `<code>${groups(body.subject.hmac)}</code><br><small>HMAC of the mail address under the key</small> <code>${groups(body.subject.key)}</code>`,
      ),
      pair('Key', `<code>${groups(signature.fingerprint)}</code>`),
      pair('Signature', `<code class="whole">Ed25519 ${text(signature.value)}</code>`),
    ]),
  );
}

function section(title: string, content: string): string {
  return `<h2>${title}</h2>${content}`;
}

function pairs(rows: readonly string[]): string {
  return `<table class="list"><tbody>${rows.join('')}</tbody></table>`;
}

/** `html` is markup already. */
function pair(name: string, html: string): string {
  return `<tr><td class="name">${text(name)}</td><td>${html}</td></tr>`;
}

function cell(value: number): string {
  return `<td class="n">${count(value)}</td>`;
}

function text(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A key exactly: what cannot be seen is drawn, and so are spaces at its edges. */
function key(value: string): string {
  const drawn = (character: string): string =>
    character === ' ' ? '·' : `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return value
    .split(/(^ +| +$|[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff])/u)
    .map((part, index) => (index % 2 === 0 ? text(part) : [...part].map((one) => `<i>${drawn(one)}</i>`).join('')))
    .join('');
}

function time(value: string): string {
  return `<span class="time">${text(value.slice(0, 10))} ${text(value.slice(11, 19))} UTC</span>`;
}

/** From the first to the last; the day once where it is the same. */
function span(first: string | null, last: string | null): string {
  if (first === null) return 'nothing';
  if (last === null || last.slice(0, 19) === first.slice(0, 19)) return time(first);
  if (last.slice(0, 10) !== first.slice(0, 10)) return `${time(first)} to ${time(last)}`;
  return `${text(first.slice(0, 10))}&nbsp;${text(first.slice(11, 19))} to ${text(last.slice(11, 19))}&nbsp;UTC`;
}

function maybe(value: string | undefined): string {
  return value === undefined ? 'none' : time(value);
}

function groups(hash: string): string {
  return text(hash.match(/.{1,8}/g)?.join(' ') ?? hash);
}

function number(value: number, noun: string, many = `${noun}s`): string {
  return `${value === 0 ? 'no' : count(value)} ${value === 1 ? noun : many}`;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
