import { expect, test } from 'vitest';
import { StorageError } from '../port.ts';
import { defaultLimits } from './limits.ts';
import { type DavEntry, readMultistatus } from './multistatus.ts';

const utf8 = new TextEncoder();

async function read(text: string | Uint8Array, chunk = 7): Promise<DavEntry[]> {
  const bytes = typeof text === 'string' ? utf8.encode(text) : text;
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const entries: DavEntry[] = [];
  await readMultistatus(pieces(), { ...defaultLimits, maxTokenChars: 100_000 }, (entry) => entries.push(entry));
  return entries;
}

const around = (inner: string): string => `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${inner}</d:multistatus>`;
const file = (href: string, props = ''): string =>
  around(
    `<d:response><d:href>${href}</d:href><d:propstat><d:prop><d:resourcetype/>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`,
  );

test('S8: what looks like a number stays text', async () => {
  const [entry] = await read(file('/0123', '<d:getetag>1e5</d:getetag><d:getcontentlength>0012</d:getcontentlength>'));
  expect(entry).toMatchObject({
    hrefs: ['/0123'],
    etag: '1e5',
    size: 12,
    isCollection: false,
    resourceTypeKnown: true,
  });
});

test('properties count only where their own status is 2xx, and elements of other namespaces do not count at all', async () => {
  const [entry] = await read(
    around(`<d:response><d:href>/a</d:href>
      <d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>
      <d:propstat><d:prop><d:resourcetype><x:collection xmlns:x="urn:x"/></d:resourcetype><getetag xmlns="urn:x">no</getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
    </d:response>`),
  );
  expect(entry).toMatchObject({ isCollection: false, resourceTypeKnown: true, etag: null });
});

test('entities of XML, CDATA, and characters split between chunks', async () => {
  const [entry] = await read(file('/a&amp;b&#x20;<![CDATA[<ü😀>]]>'), 1);
  expect(entry?.hrefs).toEqual(['/a&b <ü😀>']);
});

test.each([
  ['nothing', ''],
  ['half a page', file('/a').slice(0, -20)],
  ['text', 'hello'],
  ['HTML', '<html><body><p>Sign in</p></body></html>'],
  ['another namespace', '<multistatus xmlns="urn:x"/>'],
  ['no namespace', '<multistatus/>'],
  ['two roots', `${file('/a')}${file('/b')}`],
  ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${file('/a')}`],
  ['an entity of its own', file('/&boom;')],
  ['an outer entity', `<!DOCTYPE x SYSTEM "file:///etc/passwd">${file('/a')}`],
  ['a response without href', around('<d:response><d:status>HTTP/1.1 200 OK</d:status></d:response>')],
  ['a status that is none', around('<d:response><d:href>/a</d:href><d:status>fine</d:status></d:response>')],
  ['a size that is none', file('/a', '<d:getcontentlength>1e5</d:getcontentlength>')],
  ['a size below zero', file('/a', '<d:getcontentlength>-1</d:getcontentlength>')],
  ['a size above 2^53', file('/a', '<d:getcontentlength>9007199254740993</d:getcontentlength>')],
  ['depth', around('<d:x>'.repeat(100) + '</d:x>'.repeat(100))],
  ['a long href', file(`/${'a'.repeat(20_000)}`)],
  ['a long attribute', around(`<d:x a="${'a'.repeat(200_000)}"/>`)],
  ['a long comment', around(`<!--${'a'.repeat(200_000)}-->`)],
  ['UTF-16', new Uint8Array(Buffer.from(`\ufeff${file('/a')}`, 'utf16le'))],
  ['Latin-1', new Uint8Array(Buffer.from(file('/ä').replace('"1.0"', '"1.0" encoding="iso-8859-1"'), 'latin1'))],
  ['broken UTF-8', new Uint8Array([...utf8.encode('<a>'), 0xff, 0xfe])],
])('a listing that is %s is refused, and not taken for an empty one', async (_, text) => {
  const failure = await read(text, 1000).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StorageError);
  expect((failure as StorageError).failure).toBe('invalid_answer');
});

test('a long listing gives way to the rest of the program while it is read', async () => {
  const one = file('/a').replace(/^.*?(<d:response>.*<\/d:response>).*$/, '$1');
  let beats = 0;
  const beat = setInterval(() => {
    beats += 1;
  }, 1);
  const entries = await read(around(one.repeat(20_000)), 65_536);
  clearInterval(beat);
  expect(entries).toHaveLength(20_000);
  // Read in one piece, not a single timer would come in between.
  expect(beats).toBeGreaterThan(10);
});
