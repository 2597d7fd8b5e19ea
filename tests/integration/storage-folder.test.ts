import { randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { blobName } from '../../src/main/storage/folder/blob-name.ts';
import { type FolderStore, openFolderStore, type StorageBackend } from '../../src/main/storage/index.ts';
import { describeBackend, readAll } from '../support/conformance.ts';

const STORE_ID = '019a0000-0000-7000-8000-000000000001';
const PREFIX = 'users/u01/';
const dirs: string[] = [];
const stores = new Set<FolderStore>();

async function newDir(): Promise<string> {
  const dir = join(await mkdtemp(join(tmpdir(), 'qm-folder-')), 'store');
  dirs.push(dir);
  return dir;
}

async function openAt(dir: string, storeId = STORE_ID): Promise<FolderStore> {
  const store = await openFolderStore({ dir, storeId, clock: Date.now, randomBytes: (size) => randomBytes(size) });
  stores.add(store);
  return store;
}

async function put(backend: StorageBackend, key: string, body: string): Promise<void> {
  await backend.put!(key, Readable.from([Buffer.from(body)]), Buffer.byteLength(body));
}

async function read(backend: StorageBackend, key: string): Promise<string | null> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await backend.get!(key)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return null;
  }
}

const blobAt = (dir: string, key: string): string => {
  const name = blobName(STORE_ID, key);
  return join(dir, 'blobs', name.slice(0, 2), name);
};

describeBackend('the built-in folder store', {
  folder: 'u01',
  place: async () => {
    const store = await openAt(await newDir());
    const scopeOf = (key: string): StorageBackend => store.scope(`${key.split('/').slice(0, 2).join('/')}/`);
    const tryPut = async (key: string, body: string): Promise<boolean> => {
      await put(scopeOf(key), key, body);
      return true;
    };
    return {
      prefix: PREFIX,
      open: () => store.scope(PREFIX),
      put: tryPut,
      read: async (key) => await read(scopeOf(key), key),
      putBeside: async (folder, name, body) => await tryPut(`users/${folder}/${name}`, body),
      readBeside: async (folder, name) => await read(scopeOf(`users/${folder}/`), `users/${folder}/${name}`),
      close: async () => store.close(),
    };
  },
});

describe('the built-in folder store on disk', () => {
  afterEach(async () => {
    for (const store of stores) store.close();
    stores.clear();
    for (const dir of dirs.splice(0)) await rm(join(dir, '..'), { recursive: true, force: true });
  });

  test('S1: bytes are in a file named by a hash, the key stands beside it, and nobody else may read either', async () => {
    const dir = await newDir();
    const store = await openAt(dir);
    const key = `${PREFIX}../ nul\0 and "quotes"/.`;
    await put(store.scope(PREFIX), key, 'bytes');
    const path = blobAt(dir, key);
    expect(await readFile(path, 'utf8')).toBe('bytes');
    expect(JSON.parse(await readFile(`${path}.json`, 'utf8'))).toMatchObject({ key, size: 5 });
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
    expect((await lstat(dir)).mode & 0o777).toBe(0o700);
    expect((await readAll(store.scope(PREFIX).list({ what: 'objects' }))).map((item) => item.key)).toEqual([key]);
    expect(await readdir(join(dir, 'incoming'))).toEqual([]);
  });

  test('it survives the loss of its catalogue, and damage to it: the sidecars say the same', async () => {
    const dir = await newDir();
    const first = await openAt(dir);
    const keys = ['a', 'b', 'z\u{10000}', 'z\ue000'].map((name) => PREFIX + name);
    for (const key of keys) await put(first.scope(PREFIX), key, key);
    const before = await readAll(first.scope(PREFIX).list({ what: 'objects' }));
    first.close();
    for (const harm of ['gone', 'damaged'] as const) {
      if (harm === 'gone') await rm(join(dir, 'catalogue.db'));
      else await writeFile(join(dir, 'catalogue.db'), 'this is not a database, by far'.repeat(100));
      const store = await openAt(dir);
      expect(await readAll(store.scope(PREFIX).list({ what: 'objects' })), harm).toEqual(before);
      store.close();
    }
  });

  test('after a crash at any step of a put there is the old document or the new one, and its record fits its bytes', async () => {
    const key = `${PREFIX}document`;
    const sidecar = (body: string, sha256: string): string =>
      `${JSON.stringify({ format: 1, key, size: Buffer.byteLength(body), sha256, modifiedAt: 5 })}\n`;
    const { createHash } = await import('node:crypto');
    const hashOf = (body: string): string => createHash('sha256').update(body).digest('hex');
    const crashes: Record<string, (path: string, incoming: string) => Promise<void>> = {
      'while the new bytes were written': async (_, incoming) => writeFile(`${incoming}.x`, 'new by'),
      'before the sidecar was renamed': async (_, incoming) => {
        await writeFile(`${incoming}.x`, 'new!');
        await writeFile(`${incoming}.x.json`, sidecar('new!', hashOf('new!')));
      },
      'between sidecar and bytes': async (path, incoming) => {
        await writeFile(`${incoming}.x`, 'new!');
        await writeFile(`${path}.json`, sidecar('new!', hashOf('new!')));
      },
      'before the catalogue was told': async (path) => {
        await writeFile(path, 'new!');
        await writeFile(`${path}.json`, sidecar('new!', hashOf('new!')));
      },
    };
    for (const [name, crash] of Object.entries(crashes)) {
      const dir = await newDir();
      const store = await openAt(dir);
      await put(store.scope(PREFIX), key, 'old!');
      // The state that SIGKILL leaves: files as they are, and a catalogue that was never closed.
      const copy = await readFile(join(dir, 'catalogue.db'));
      store.close();
      await writeFile(join(dir, 'catalogue.db'), copy);
      const path = blobAt(dir, key);
      await crash(path, join(dir, 'incoming', blobName(STORE_ID, key)));
      const again = await openAt(dir);
      const [listed] = await readAll(again.scope(PREFIX).list({ what: 'objects' }));
      const bytes = await read(again.scope(PREFIX), key);
      expect(['old!', 'new!'], name).toContain(bytes);
      expect(listed, name).toMatchObject({ key, size: 4, etag: hashOf(bytes ?? '') });
      expect(JSON.parse(await readFile(`${path}.json`, 'utf8')).sha256, name).toBe(hashOf(bytes ?? ''));
      expect(await readdir(join(dir, 'incoming')), name).toEqual([]);
    }
  });

  test('after a crash in the middle of a removal nothing is left that nobody knows', async () => {
    const dir = await newDir();
    const store = await openAt(dir);
    await put(store.scope(PREFIX), `${PREFIX}half`, 'x');
    await put(store.scope(PREFIX), `${PREFIX}whole`, 'x');
    const copy = await readFile(join(dir, 'catalogue.db'));
    store.close();
    await writeFile(join(dir, 'catalogue.db'), copy);
    await rm(blobAt(dir, `${PREFIX}half`));
    const again = await openAt(dir);
    expect((await readAll(again.scope(PREFIX).list({ what: 'objects' }))).map(({ key }) => key)).toEqual([
      `${PREFIX}whole`,
    ]);
    await expect(lstat(`${blobAt(dir, `${PREFIX}half`)}.json`)).rejects.toThrow();
  });

  test('a file that went away behind its back is not listed, though the catalogue has it', async () => {
    const dir = await newDir();
    const store = await openAt(dir);
    await put(store.scope(PREFIX), `${PREFIX}a`, 'x');
    await rm(blobAt(dir, `${PREFIX}a`));
    expect(await store.scope(PREFIX).stat(`${PREFIX}a`)).toBeNull();
    expect(await readAll(store.scope(PREFIX).list({ what: 'objects' }))).toEqual([]);
  });

  test('links and folders in a file’s place are neither followed nor removed', async () => {
    const dir = await newDir();
    const store = await openAt(dir);
    const scope = store.scope(PREFIX);
    const outside = join(dir, '..', 'outside');
    await writeFile(outside, 'private');
    await put(scope, `${PREFIX}link`, 'x');
    await rm(blobAt(dir, `${PREFIX}link`));
    await symlink(outside, blobAt(dir, `${PREFIX}link`));
    const [ref] = await readAll(scope.list({ what: 'objects' }));
    await expect(scope.get!(`${PREFIX}link`)).rejects.toBeDefined();
    expect(await scope.remove([ref!])).toMatchObject([{ outcome: 'failed', retryable: false }]);
    expect(await readFile(outside, 'utf8')).toBe('private');

    const shard = join(blobAt(dir, `${PREFIX}link`), '..');
    await rm(shard, { recursive: true });
    await mkdir(join(dir, '..', 'elsewhere'));
    await symlink(join(dir, '..', 'elsewhere'), shard);
    await expect(put(scope, `${PREFIX}link`, 'x')).rejects.toMatchObject({ failure: 'unsafe' });
    expect(await readdir(join(dir, '..', 'elsewhere'))).toEqual([]);
  });

  test('a folder with other files in it, a link, or another store’s folder is refused and left as it is', async () => {
    const full = await newDir();
    await mkdir(full, { recursive: true });
    await writeFile(join(full, 'thesis.docx'), 'precious');
    await expect(openAt(full)).rejects.toMatchObject({ failure: 'unsafe' });
    expect(await readdir(full)).toEqual(['thesis.docx']);

    const link = await newDir();
    await symlink(full, link);
    await expect(openAt(link)).rejects.toMatchObject({ failure: 'unsafe' });

    const other = await newDir();
    (await openAt(other)).close();
    await expect(openAt(other, '019a0000-0000-7000-8000-000000000002')).rejects.toMatchObject({ failure: 'unsafe' });
  });

  test('a put of another size than announced leaves nothing behind', async () => {
    const dir = await newDir();
    const store = await openAt(dir);
    const scope = store.scope(PREFIX);
    for (const size of [2, 4])
      await expect(scope.put!(`${PREFIX}a`, Readable.from([Buffer.from('xyz')]), size)).rejects.toMatchObject({
        failure: 'unsafe',
      });
    expect(await readAll(scope.list({ what: 'objects' }))).toEqual([]);
    expect(await readdir(join(dir, 'incoming'))).toEqual([]);
  });

  test('puts of one key at the same time end with one of them, whole', async () => {
    const dir = await newDir();
    const store = await openAt(dir);
    const scope = store.scope(PREFIX);
    const bodies = Array.from({ length: 20 }, (_, at) => `body ${at} ${'x'.repeat(at * 100)}`);
    await Promise.all(bodies.map(async (body) => await put(scope, `${PREFIX}same`, body)));
    const [listed] = await readAll(scope.list({ what: 'objects' }));
    const bytes = await read(scope, `${PREFIX}same`);
    expect(bodies).toContain(bytes);
    expect(listed!.size).toBe(Buffer.byteLength(bytes!));
  });

  test('keys that could not be told apart are refused', async () => {
    const store = await openAt(await newDir());
    const scope = store.scope(PREFIX);
    for (const key of [PREFIX, `${PREFIX}\ud800`, `${PREFIX}${'x'.repeat(1024)}`, 'users/u02/x', '']) {
      await expect(put(scope, key, 'x'), JSON.stringify(key)).rejects.toMatchObject({ failure: 'unsafe' });
    }
    for (const prefix of ['', '/', 'users', '/users/']) expect(() => store.scope(prefix)).toThrow(/scope/);
  });

  test('a folder that went away says so', async () => {
    const dir = await newDir();
    const store = await openAt(dir);
    await rename(join(dir, 'incoming'), join(dir, 'elsewhere'));
    expect(await store.check()).toMatchObject({
      ok: false,
      state: 'unreachable',
      message: expect.not.stringContaining(dir),
    });
  });
});
