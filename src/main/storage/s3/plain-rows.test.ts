import { describe, expect, test } from 'vitest';
import { readObjectList } from './list-answers.ts';
import { plainRows } from './plain-rows.ts';

const LIMITS = { maxElements: 40_000, maxDepth: 6, maxTextLength: 16_384 };
const row = (key: string, more = ''): string =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&#34;0d04-2&#34;</ETag><Size>12</Size>${more}<StorageClass>STANDARD</StorageClass></Contents>`;
const page = (rows: string, before = '', after = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>docs</Name>${before}${rows}${after}<IsTruncated>false</IsTruncated></ListBucketResult>`;

async function read(text: string): Promise<unknown> {
  try {
    return await readObjectList(
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : ''}`;
  }
}

/** What the parser alone makes of it: white space before the first entry's first leaf is no row that is read plainly. */
const byParser = (text: string): Promise<unknown> => read(text.replace('<Contents>', '<Contents>\n'));

describe('entries of a list that stand in their one form', () => {
  test('S8: are read as they stand, without the parser', async () => {
    const keys = ['users/u1/0123', '1e5', 'true', '-0', 'a%2Bb+c', '%F0%9F%98%80', 'x]]', '__proto__', ' '];
    const text = page(keys.map((key) => row(key)).join(''), '<EncodingType>url</EncodingType>');
    expect(plainRows(text, LIMITS)?.rows.map(({ key }) => key)).toEqual(keys);
    const answer = await read(text);
    expect(answer).toEqual(await byParser(text));
    expect(answer).toMatchObject({
      items: [...keys.slice(0, 4), 'a+b c', '😀', 'x]]', '__proto__', ' '].map((key) => ({
        key,
        size: 12,
        etag: '0d04-2',
        modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      })),
    });
  });

  const two = row('a') + row('b');
  test.each([
    ['nothing at all', page('')],
    ['references in a key', page(row('a&amp;b') + row('&#x10000;'))],
    ['a reference that is none', page(row('a&nope;b'))],
    ['a comment among them', page(`${row('a')}<!-- x -->${row('b')}`)],
    ['a comment around them', page(`<!-- ${two} -->`)],
    ['CDATA around them', page(`<X><![CDATA[${two}]]></X>`)],
    ['an element around them', page(`<X>${two}</X>`)],
    ['a deeper element around them', page(`<X><Y>${two}</Y></X>`)],
    ['an entry that is empty beside them', page(two, '<Contents/>')],
    ['an entry with an attribute behind them', page(two, '', '<Contents a="1"><Key>c</Key><Size>1</Size></Contents>')],
    ['an element between them', page(`${row('a')}<Prefix/>${row('b')}`)],
    ['an owner', page(row('a', '<Owner><ID>1</ID><DisplayName>x</DisplayName></Owner>'))],
    ['a leaf twice', page(row('a', '<Size>3</Size>'))],
    ['a key twice', page(row('a', '<Key>z</Key>'))],
    ['an ETag twice', page(row('a', '<ETag>z</ETag>'))],
    ['an attribute', page(two.replace('<Key>', '<Key a="1">'))],
    ['an end of line in a key', page(row('a\r\nb') + row('c\rd') + row('e\nf'))],
    ['a control character', page(row('a\u0001b'))],
    ['a character that XML has not', page(row('a\ufffeb'))],
    ['what ends CDATA', page(row('a]]>b'))],
    ['no key', page('<Contents><Size>1</Size></Contents>')],
    ['a negative size', page('<Contents><Key>a</Key><Size>-1</Size></Contents>')],
    ['an ETag of half a quote', page('<Contents><Key>a</Key><Size>1</Size><ETag>&#34;</ETag></Contents>')],
    ['a bare ETag', page('<Contents><Key>a</Key><Size>1</Size><ETag>"x"</ETag></Contents>')],
    ['a leaf that is closed by another', page('<Contents><Key>a</Size><Size>1</Key></Contents>')],
    ['an entry that is not closed', page('<Contents><Key>a</Key><Size>1</Size>')],
    ['a nested entry', page(`<Contents>${row('a')}</Contents>`)],
    ['a leaf that closes itself', page('<Contents><Key/><Size>1</Size></Contents>')],
    ['a slash in a name', page('<Contents><Key>a</Key><Size>1</Size><A/B>x</A/B></Contents>')],
    ['another root', page(two).replaceAll('ListBucketResult', 'ListVersionsResult')],
    ['two roots', page(two) + page(two)],
    ['a document type', page(two).replace('?>', '?><!DOCTYPE x>')],
    ['an error instead', '<Error><Code>SlowDown</Code><Message>x</Message></Error>'],
    ['a page cut short', page(two).slice(0, -30)],
    ['a page cut in an entry', page(two).slice(0, 300)],
    ['an over-long key', page(row('k'.repeat(20_000)))],
  ])('S8: beside %s the answer is what the parser makes of it', async (_what, text) => {
    expect(await read(text)).toEqual(await byParser(text));
  });

  test('S8: with any one character changed, left out or put in, the answer is what the parser makes of it', async () => {
    const text = page(row('a') + row('b%20c'), '<EncodingType>url</EncodingType>');
    const marks = ['<', '>', '/', '&', '"', ' ', '%', 'K', ']', '\u0000'];
    for (let at = text.indexOf('<Contents>'); at < text.length; at += 1) {
      const mark = marks[at % marks.length] ?? '';
      for (const changed of [
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + mark + text.slice(at + 1),
        text.slice(0, at) + mark + text.slice(at),
      ]) {
        const [plain, parsed] = [await read(changed), await byParser(changed)];
        const isRefused = typeof plain === 'string' && typeof parsed === 'string';
        if (!isRefused) expect(plain, changed).toEqual(parsed);
      }
    }
  });
});
