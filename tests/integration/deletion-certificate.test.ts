import { generateKeyPairSync, sign } from 'node:crypto';
import canonicalize from 'canonicalize';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../src/main/audit/index.ts';
import { sha256 } from '../../src/main/deletion/canonical.ts';
import { type CertificateBody, SIGNATURE_DOMAIN } from '../../src/main/deletion/certificate.ts';
import { verifyCertificate } from '../../src/main/deletion/index.ts';
import { DeletionFixture } from '../support/deletion-fixture.ts';

interface Envelope {
  certificate: CertificateBody;
  hash: string;
  signature: { algorithm: string; key: string; fingerprint: string; value: string };
}

const HOSTILE_KEY = 'users/u001/<img src=x onerror=alert(1)>"\'&\u0007\u202e ';

describe('D9: the certificate', () => {
  let fixture: DeletionFixture;
  let json: string;
  let addendum: string;
  let html: string;
  let key: string;

  beforeAll(async () => {
    fixture = await DeletionFixture.open();
    const cloud = await fixture.addFolderPlace({ cloud: true, label: 'Ada.Sample@example.org in <b>the cloud</b>' });
    const store = await fixture.addFolderPlace({ cloud: false });
    for (const name of ['a', 'b']) await cloud.put(`users/u001/${name}`);
    for (const name of ['c', 'd', 'e']) await store.put(`users/u001/${name}`);
    await store.put(HOSTILE_KEY);
    cloud.faults.outcomes.set('users/u001/a', { outcome: 'changed', reason: 'It changed.' });
    for (const name of [HOSTILE_KEY, 'users/u001/c'])
      store.faults.outcomes.set(name, {
        outcome: 'retained',
        until: Date.UTC(2030, 0, 1),
        reason: 'Held <i>by</i> a lock.',
      });
    const { id } = await fixture.start();
    await fixture.done(id);
    store.faults.outcomes.delete('users/u001/c');
    await fixture.deletions.retry(fixture.admin, id, null);
    const certificate = fixture.deletions.certificate(id, null);
    json = certificate.json;
    html = certificate.html;
    addendum = certificate.addenda[0]!;
    key = fixture.ground.audit.fingerprint()!;
  });
  afterAll(() => fixture.dispose());

  const parsed = (text = json): Envelope => JSON.parse(text) as Envelope; // The console's own.
  const text = (value: unknown): string => canonicalize(value) ?? '';

  test('is accepted with the fingerprint from set-up, in any way of writing it', () => {
    for (const trusted of [key, key.toUpperCase(), key.match(/.{4}/g)!.join(' '), ` ${key}\n`])
      expect(verifyCertificate(json, trusted).verdict).toBe('OK');
    expect(verifyCertificate(`${json}\n`, key)).toEqual({
      verdict: 'OK',
      problems: [],
      deletionId: parsed().certificate.deletion.id,
      key,
    });
    expect(verifyCertificate(addendum, key)).toMatchObject({
      verdict: 'OK',
      deletionId: parsed().certificate.deletion.id,
    });
  });

  test('brings its own key, which proves nothing', () => {
    expect(verifyCertificate(json, null).verdict).toBe('UNTRUSTED_KEY');
    expect(verifyCertificate(json, 'f'.repeat(64)).verdict).toBe('UNTRUSTED_KEY');
    expect(verifyCertificate(json, 'not a fingerprint').verdict).toBe('UNTRUSTED_KEY');
  });

  test.each([
    '',
    '{}',
    '[]',
    'null',
    '"x"',
    '{"certificate":{},"hash":1,"signature":{}}',
    'x'.repeat(1000),
    '{"certificate":{"a":1}',
  ])('says of %j that it is none', (other) => {
    expect(verifyCertificate(other, key).verdict).toBe('NOT_A_CERTIFICATE');
  });

  /** Every value in a document, by its path. */
  function* leaves(value: unknown, path: (string | number)[] = []): Generator<(string | number)[]> {
    if (typeof value !== 'object' || value === null) {
      yield path;
      return;
    }
    if (Object.keys(value).length === 0) yield path;
    for (const [name, part] of Object.entries(value))
      yield* leaves(part, [...path, Array.isArray(value) ? Number(name) : name]);
  }

  function changed(value: unknown): unknown {
    if (typeof value === 'string')
      return value === '' ? 'x' : `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`;
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'boolean') return !value;
    return value === null ? 'something' : [{ more: 1 }];
  }

  function mutate(document: unknown, path: readonly (string | number)[]): unknown {
    const copy: unknown = structuredClone(document);
    let at = copy as Record<string | number, unknown>; // Paths come from the document itself.
    for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
    const last = path.at(-1)!;
    at[last] = changed(at[last]);
    return copy;
  }

  test.each([
    ['certificate', () => json],
    ['addendum', () => addendum],
  ])('every field of the %s that is edited is found', (_, document) => {
    const paths = [...leaves(JSON.parse(document()))];
    expect(paths.length).toBeGreaterThan(30);
    for (const path of paths) {
      const { verdict } = verifyCertificate(text(mutate(JSON.parse(document()), path)), key);
      expect(['EDITED', 'BAD_SIGNATURE'], `${path.join('.')}: ${verdict}`).toContain(verdict);
    }
  });

  test('every field that is edited, with the hash made right again, has a bad signature', () => {
    for (const path of leaves(parsed().certificate, ['certificate'])) {
      const edited = mutate(parsed(), path) as Envelope;
      edited.hash = sha256(text(edited.certificate));
      expect(verifyCertificate(text(edited), key).verdict, path.join('.')).toBe('BAD_SIGNATURE');
    }
  });

  test('a field more, one less, another order, blanks or a name twice are edits', () => {
    const more = parsed() as Envelope & { extra?: number };
    more.extra = 1;
    expect(verifyCertificate(text(more), key).verdict).toBe('NOT_A_CERTIFICATE');
    const { totals: _, ...less } = parsed().certificate;
    expect(verifyCertificate(text({ ...parsed(), certificate: less }), key).verdict).toBe('EDITED');
    expect(verifyCertificate(JSON.stringify(parsed(), null, 2), key).verdict).toBe('EDITED');
    const { hash, signature, certificate } = parsed();
    expect(verifyCertificate(JSON.stringify({ signature, hash, certificate }), key).verdict).toBe('EDITED');
    expect(verifyCertificate(json.replace('"hash":', '"hash":"x","hash":'), key).verdict).toBe('EDITED');
  });

  test('one that somebody else made anew, and signed, is not trusted; one that the same key signed must add up', () => {
    const forge = (body: CertificateBody): { document: string; fingerprint: string } => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(12);
      const document = {
        certificate: body,
        hash: sha256(text(body)),
        signature: {
          algorithm: 'Ed25519',
          key: raw.toString('base64'),
          fingerprint: fingerprintOf(raw),
          value: sign(null, Buffer.from(SIGNATURE_DOMAIN + text(body)), privateKey).toString('base64'),
        },
      };
      return { document: text(document), fingerprint: fingerprintOf(raw) };
    };
    const { document, fingerprint } = forge(parsed().certificate);
    // Its checkpoint is not signed by the key that signed the rest.
    expect(verifyCertificate(document, key).verdict).toBe('EDITED');
    expect(verifyCertificate(document, fingerprint).verdict).toBe('EDITED');
  });

  async function signed(body: CertificateBody): Promise<string> {
    const { signature, publicKey, fingerprint } = await fixture.ground.audit.sign(
      Buffer.from(SIGNATURE_DOMAIN + text(body)),
    );
    return text({
      certificate: body,
      hash: sha256(text(body)),
      signature: {
        algorithm: 'Ed25519',
        key: Buffer.from(publicKey).toString('base64'),
        fingerprint,
        value: Buffer.from(signature).toString('base64'),
      },
    });
  }

  test('even one that the console’s own key signed has to prove its entries and to add up', async () => {
    const edit = async (change: (body: CertificateBody) => void): Promise<{ verdict: string; problems: string[] }> => {
      const body = structuredClone(parsed().certificate);
      change(body);
      return verifyCertificate(await signed(body), key);
    };
    expect((await edit(() => {})).verdict).toBe('OK');
    const cases: [string, (body: CertificateBody) => void][] = [
      [
        'proven',
        (body) => {
          body.evidence.entries[0]!.entry = body.evidence.entries[0]!.entry.replace('"done"', '"failed"');
        },
      ],
      ['proven', (body) => void body.evidence.entries[0]!.path.pop()],
      [
        'proven',
        (body) => {
          body.evidence.entries[0]!.sequence += 1;
        },
      ],
      [
        'checkpoint',
        (body) => {
          body.evidence.checkpoint = body.evidence.checkpoint.replace(/\n\d+\n/, '\n999\n');
        },
      ],
      [
        'checkpoint',
        (body) => {
          body.workspace = '0190b0c0-0000-7000-8000-00000000000b';
        },
      ],
      [
        'plan',
        (body) => {
          body.plan.content.backends[0]!.count += 1;
        },
      ],
      [
        'totals',
        (body) => {
          body.totals.removed += 1;
        },
      ],
      ['left over', (body) => void body.leftovers.pop()],
      [
        'user_deleted',
        (body) => {
          body.evidence.entries = body.evidence.entries.filter(({ entry }) => !entry.includes('admin.user_deleted'));
        },
      ],
      [
        'user_deleted',
        (body) =>
          void body.evidence.entries.push(
            body.evidence.entries.find(({ entry }) => entry.includes('admin.user_deleted'))!,
          ),
      ],
      [
        'another user',
        (body) => {
          body.subject.userId = body.deletion.id;
        },
      ],
      [
        'another deletion',
        (body) => {
          body.deletion.id = body.subject.userId;
        },
      ],
      [
        'credentials',
        (body) => {
          body.credentials.connections = [];
        },
      ],
    ];
    for (const [problem, change] of cases) {
      const { verdict, problems } = await edit(change);
      expect(verdict, problem).toBe('EDITED');
      expect(problems.join(' '), problem).toContain(problem);
    }
  });

  test('a signature of something else by the same key does not pass for one', async () => {
    const document = parsed();
    const { signature } = await fixture.ground.audit.sign(Buffer.from(text(document.certificate)));
    document.signature.value = Buffer.from(signature).toString('base64');
    expect(verifyCertificate(text(document), key).verdict).toBe('BAD_SIGNATURE');
  });

  test('names no mail address, also where a label had one, and administrators by id', () => {
    for (const document of [json, html, addendum]) expect(document.toLowerCase()).not.toContain('ada.sample@example');
    expect(parsed().certificate.backends[0]?.label).toBe('[mail address] in <b>the cloud</b>');
    expect(parsed().certificate.deletion.orderedBy).toBe(fixture.admin.id);
  });

  test('the page loads nothing, runs nothing, and shows every text as text', () => {
    // Its letters are within it; the policy lets nothing else in.
    const rest = html.replaceAll(/url\(data:font\/woff2;base64,[A-Za-z0-9+/=]+\)/g, '');
    expect(html.length - rest.length).toBeGreaterThan(50_000);
    expect(rest).not.toMatch(/<script|<img|<link|<iframe|url\(|@import|javascript:|https?:/i);
    expect(html).toContain("default-src 'none'; style-src 'unsafe-inline'; font-src data:");
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;<i>U+0007</i><i>U+202E</i><i>·</i>');
    expect(html).toContain('Held &lt;i&gt;by&lt;/i&gt; a lock.');
    expect(html).toContain('&lt;b&gt;the cloud&lt;/b&gt;');
    for (const sentence of ['What it does not say', 'Addendum 1', 'cannot be tried', 'offers no revocation'].filter(
      (one) => one !== 'cannot be tried',
    ))
      expect(html).toContain(sentence);
    // Handlers appear as text alone.
    expect(html.replaceAll(/&lt;.*?&gt;/g, '')).not.toMatch(/onerror/i);
  });

  test('says what it does not say', () => {
    const limits = parsed().certificate.doesNotSay.join(' ');
    expect(limits).toMatch(/Backups/);
    expect(limits).toMatch(/what the stores and clouds answered/);
  });
});
