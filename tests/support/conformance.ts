import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  compareKeys,
  type ListPage,
  type ObjectRef,
  type StorageBackend,
  StorageError,
} from '../../src/main/storage/index.ts';

/** A scope on a real server, as another program sees it. Keys are those that the backend lists. */
export interface Place {
  /** What every key of the scope begins with; empty where keys are paths within a root. */
  readonly prefix: string;
  open(): StorageBackend;
  /** Puts an object at exactly this key. False where the server does not take the key. */
  put(key: string, body: string): Promise<boolean>;
  /** The object's bytes at exactly this key, asked for without the backend. */
  read(key: string): Promise<string | null>;
  /** Puts and reads an object in a folder that stands beside the scope and has another name. */
  putBeside(folder: string, name: string, body: string): Promise<boolean>;
  readBeside(folder: string, name: string): Promise<string | null>;
  close(): Promise<void>;
}

export interface Conformance {
  /** Name of the scope's folder, for those that begin alike. */
  readonly folder: string;
  /** A new, empty scope. */
  readonly place: () => Promise<Place>;
  readonly skip?: boolean;
  /** How many objects the paging test uses: more than 1,000 to have several pages. */
  readonly many?: number;
}

/** Keys that a careless client reads as another; each beside the one that it would hit. */
export const ODD_NAMES: readonly string[] = [
  '0123',
  '123',
  '1e5',
  '100000',
  '0x1F',
  '31',
  '1.50',
  '1.5',
  '-0',
  '0',
  'true',
  'null',
  '[object Object]',
  '__proto__',
  'constructor',
  'a b%2F+.txt',
  'a b/+.txt',
  'x+y', // and not below `a b`, which would hide the key above on MinIO
  'x y',
  'x%20y',
  'x%2By',
  'x%2520y',
  '%',
  '%zz',
  '+',
  ' ',
  ' leading',
  'leading',
  'trailing ',
  'trailing',
  'trailing  ',
  '&amp;',
  '&',
  '&amp;amp;',
  '<x>',
  '"quoted"',
  "'quoted'",
  ']]>',
  '#fragment',
  '?query=1',
  ';params',
  'a=b&c=d',
  '*',
  'back\\slash',
  '..x',
  '...',
  'x..',
  '.hidden',
  'tab\there',
  'new\nline',
  'carriage\rreturn',
  'both\r\n',
  'bell\u0007',
  'one\u0001',
  'delete\u007f',
  'next\u0085line',
  'separator\u2028',
  'bom\ufeff',
  'zero\u200bwidth',
  'replacement\ufffd',
  'noncharacter\uffff',
  'emoji 😀',
  'private\ue000',
  'beyond\u{10000}',
  '\u00e9', // é in one character
  'e\u0301', // the same to the eye in two
  'CASE',
  'case',
  'COM1',
  'aux.txt',
  'l'.repeat(200),
  'folder/inner',
  'folder-beside',
  'folder.txt',
  'deep/er/and/deeper',
];

const BODY = 'the bytes';

export async function readAll(pages: AsyncIterable<ListPage>): Promise<ObjectRef[]> {
  const all: ObjectRef[] = [];
  for await (const page of pages) all.push(...page.items);
  return all;
}

/** The promises of the storage port, held against one backend on a real server. */
export function describeBackend(name: string, options: Conformance): void {
  describe.skipIf(options.skip === true)(`storage port on ${name}`, () => {
    let place: Place;
    let backend: StorageBackend;
    const keysOf = (items: readonly ObjectRef[]): string[] => items.map(({ key }) => key);
    const list = (): Promise<ObjectRef[]> => readAll(backend.list({ what: 'objects' }));

    beforeAll(async () => {
      place = await options.place();
      backend = place.open();
    });
    afterAll(async () => {
      backend?.close();
      await place?.close();
    });

    test('an empty scope lists as empty, checks as working, and describes itself', async () => {
      expect(await list()).toEqual([]);
      expect(await backend.check()).toMatchObject({ ok: true, state: 'works' });
      expect(await backend.describe()).toMatchObject({
        finality: expect.stringMatching(/^(final|trash|retained|unknown)$/),
      });
    });

    test('what another program put is listed with its size, found by stat, and removed once', async () => {
      const key = `${place.prefix}report.txt`;
      expect(await place.put(key, BODY)).toBe(true);
      const [listed] = await list();
      expect(listed).toMatchObject({ kind: 'object', key, size: BODY.length });
      expect(await backend.stat(key)).toMatchObject({ key, size: BODY.length });
      expect(await backend.stat(`${place.prefix}nothing-here`)).toBeNull();
      expect(await backend.remove([listed!])).toEqual([{ outcome: 'removed' }]);
      expect(await place.read(key)).toBeNull();
      expect(await backend.stat(key)).toBeNull();
      const [again] = await backend.remove([listed!]);
      expect(['absent', 'removed']).toContain(again!.outcome);
      expect(await list()).toEqual([]);
    });

    test('pages hold at most 1,000 in key order, and any of them can be gone on from', async () => {
      const many = options.many ?? 1203;
      const keys = Array.from({ length: many }, (_, at) => `${place.prefix}many/${String(at).padStart(5, '0')}`);
      await inParallel(keys, async (key) => {
        expect(await place.put(key, 'x')).toBe(true);
      });
      const pages: ListPage[] = [];
      for await (const page of backend.list({ what: 'objects' })) pages.push(page);
      for (const page of pages) expect(page.items.length).toBeLessThanOrEqual(1000);
      expect(pages.flatMap(({ items }) => keysOf(items))).toEqual(keys);
      expect(pages.at(-1)!.next).toBeNull();
      for (const [at, page] of pages.slice(0, -1).entries()) {
        expect(page.next).not.toBeNull();
        const rest = pages.slice(at + 1).flatMap(({ items }) => keysOf(items));
        // A new object of the backend: the place in the listing outlives the process.
        const later = place.open();
        try {
          expect(keysOf(await readAll(later.list({ what: 'objects', after: page.next })))).toEqual(rest);
        } finally {
          later.close();
        }
      }
      const items = pages.flatMap((page) => [...page.items]);
      for (let at = 0; at < items.length; at += 1000) {
        const outcomes = await backend.remove(items.slice(at, at + 1000));
        expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['removed']));
      }
      expect((await list()).filter(({ kind }) => kind !== 'folder')).toEqual([]);
    });

    test('outcomes come in the order of the references, whatever became of each', async () => {
      const [first, gone, last] = ['order/a', 'order/b', 'order/c'].map((name) => place.prefix + name) as [
        string,
        string,
        string,
      ];
      await place.put(first, BODY);
      await place.put(last, BODY);
      const listed = await list();
      const missing: ObjectRef = { ...listed[0]!, key: gone };
      const outcomes = await backend.remove([
        listed.find(({ key }) => key === last)!,
        missing,
        listed.find(({ key }) => key === first)!,
      ]);
      expect(outcomes[0]).toEqual({ outcome: 'removed' });
      expect(['absent', 'removed']).toContain(outcomes[1]!.outcome);
      expect(outcomes[2]).toEqual({ outcome: 'removed' });
      expect(await place.read(first)).toBeNull();
      expect(await place.read(last)).toBeNull();
    });

    test('folders whose names begin alike are neither listed nor removed', async () => {
      const { folder } = options;
      const alike = [
        `${folder}0`,
        folder.toUpperCase(),
        `${folder} `,
        `${folder}.`,
        `${folder}-`,
        ` ${folder}`,
        `x${folder}`,
      ];
      const stands: string[] = [];
      for (const name of alike) if (await place.putBeside(name, 'file', BODY)) stands.push(name);
      expect(stands.length).toBeGreaterThanOrEqual(4);
      await place.put(`${place.prefix}file`, BODY);
      const listed = await list();
      expect(keysOf(listed.filter(({ kind }) => kind === 'object'))).toEqual([`${place.prefix}file`]);
      await backend.remove(listed);
      for (const name of stands) expect(await place.readBeside(name, 'file'), name).toBe(BODY);
    });

    test('S8: odd keys are listed, found and removed as themselves, one at a time, and nothing else goes', async () => {
      const standing = new Set<string>();
      for (const name of ODD_NAMES) {
        const key = place.prefix + name;
        if (await place.put(key, name)) standing.add(key);
      }
      expect(standing.size).toBeGreaterThanOrEqual(40);
      const readable = [...standing];
      const listed = (await list()).filter(({ kind }) => kind === 'object');
      const named = listed.filter(({ key }) => standing.has(key));
      expect(keysOf(listed)).toEqual(keysOf(listed).toSorted(compareKeys));
      // A server that cannot write a key in its answers may show another one; it is then not removed as if it were.
      for (const ref of listed) if (!standing.has(ref.key)) expect(ref.key).toContain('\ufffd');
      expect(named.length).toBeGreaterThanOrEqual(40);
      for (const ref of named) {
        expect(await backend.stat(ref.key), ref.key).toMatchObject({
          key: ref.key,
          size: Buffer.byteLength(ref.key.slice(place.prefix.length)),
        });
        expect(await backend.remove([ref]), JSON.stringify(ref.key)).toEqual([{ outcome: 'removed' }]);
        standing.delete(ref.key);
        expect(await place.read(ref.key), JSON.stringify(ref.key)).toBeNull();
      }
      for (const key of readable) {
        if (standing.has(key))
          expect(await place.read(key), `${JSON.stringify(key)} still stands`).toBe(key.slice(place.prefix.length));
      }
    });

    test('what is outside the scope, or too much at once, is refused before anything is sent', async () => {
      const ref = (key: string): ObjectRef => ({
        kind: 'object',
        key,
        versionId: null,
        size: 0,
        etag: null,
        modifiedAt: null,
      });
      const refusals = [
        backend.remove([ref('')]),
        backend.remove(Array.from({ length: 1001 }, (_, at) => ref(`${place.prefix}${at}`))),
        ...(place.prefix === ''
          ? []
          : [backend.remove([ref(`${place.prefix.slice(0, -1)}0/file`)]), backend.remove([ref('file')])]),
      ];
      for (const refusal of refusals)
        await expect(refusal).rejects.toMatchObject({ name: 'StorageError', failure: 'unsafe' });
    });

    test('a signal ends a listing and a removal', async () => {
      await place.put(`${place.prefix}signal`, BODY);
      const [ref] = (await list()).filter(({ kind }) => kind === 'object');
      const aborted = AbortSignal.abort();
      await expect(readAll(backend.list({ what: 'objects', signal: aborted }))).rejects.toBeInstanceOf(StorageError);
      await expect(backend.remove([ref!], aborted)).rejects.toMatchObject({ failure: 'aborted' });
      expect(await place.read(`${place.prefix}signal`)).toBe(BODY);
      await backend.remove([ref!]);
    });
  });
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
