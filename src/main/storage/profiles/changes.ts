import { plural } from '../../../contract/figures.ts';
import { BucketName, type Profile } from '../../../contract/storage.ts';
import type { Tx } from '../../database/index.ts';
import type { Actor, Ground } from '../../ground.ts';
import { Refusal } from '../../refusal.ts';
import { renewSeal, type UnlockedVault } from '../../vault/index.ts';
import { normaliseEndpoint, type S3ProfileConfiguration, writeConfiguration } from './configuration.ts';
import { MAX_BUCKET_PREFIX, parseLayout } from './layout.ts';
import { encryptSecretKey, requireProfileSeal } from './opening.ts';
import { findOwnProfile, findProfile, type ProfileRow, profileAnswer } from './profile-rows.ts';
import { requireNobodysCloud } from './shared-bucket.ts';

export interface NewProfile {
  readonly name: string;
  readonly endpoint: string;
  readonly publicEndpoint?: string | null | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly authorityPem?: string | null | undefined;
  readonly bucket: string;
  readonly layout: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly own: boolean;
}

/** Absent fields stay as they are; null takes a public endpoint or certificate authority away. */
export interface ProfileChange {
  readonly profile: string;
  readonly expectedVersion: number;
  readonly endpoint?: string | undefined;
  readonly publicEndpoint?: string | null | undefined;
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly authorityPem?: string | null | undefined;
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly own?: boolean | undefined;
}

export async function addProfile(ground: Ground, actor: Actor, input: NewProfile): Promise<Profile> {
  const configuration: S3ProfileConfiguration = {
    kind: 's3',
    endpoint: normaliseEndpoint(input.endpoint),
    publicEndpoint: input.publicEndpoint ? normaliseEndpoint(input.publicEndpoint) : null,
    region: input.region,
    pathStyle: input.pathStyle,
    authorityPem: readAuthority(input.authorityPem),
    bucket: input.bucket,
    layout: input.layout,
    accessKey: input.accessKey,
  };
  checkBucket(configuration);
  const vault = await ground.vault.ready();
  const id = ground.newId();
  const credentials = encryptSecretKey(ground, vault, id, input.secretKey);
  return ground.workspace.transaction((tx) => {
    if (tx.raw.prepare('SELECT 1 FROM storage_profiles WHERE name = ? COLLATE NOCASE').get(input.name) !== undefined) {
      throw new Refusal('NAME_TAKEN', `There is a storage profile '${input.name}' already. Choose another name.`);
    }
    requireNobodysCloud(tx, configuration);
    if (input.own) demoteOwn(tx, ground, vault, actor);
    const backendNo = Number(tx.raw.prepare("INSERT INTO backends (kind) VALUES ('s3')").run().lastInsertRowid);
    tx.raw
      .prepare(
        `INSERT INTO storage_profiles (id, backend_no, name, configuration, credentials, own, version, seal, created_at)
         VALUES (?, ?, ?, ?, ?, ?, 1, x'', ?)`,
      )
      .run(
        id,
        backendNo,
        input.name,
        writeConfiguration(configuration),
        credentials,
        input.own ? 1 : 0,
        ground.clock(),
      );
    ground.audit.append(tx, {
      actor,
      event: 'admin.storage_profile_added',
      target: { kind: 'profile', id },
      metadata: { name: input.name, ...shown(configuration), own: input.own },
      sealed: renewSeal(tx, vault, 'storage_profiles', id),
    });
    return profileAnswer(findProfile(tx, input.name));
  });
}

export async function updateProfile(ground: Ground, actor: Actor, change: ProfileChange): Promise<Profile> {
  const vault = await ground.vault.ready();
  requireProfileSeal(ground, ground.workspace.db, vault, findProfile(ground.workspace.db, change.profile).id);
  return ground.workspace.transaction((tx) => {
    const row = findProfile(tx, change.profile);
    requireVersion(row, change.expectedVersion);
    const { configuration } = row;
    const changed: string[] = [];
    if (configuration.kind === 's3') {
      const after = changedConfiguration(configuration, change);
      if (leadsElsewhere(configuration, after) && openDeletionsOn(tx, row.id) > 0)
        throw new Refusal(
          'IN_USE',
          `A deletion under way works on '${row.name}': its address stays until that has ended. Its keys can be changed.`,
          { by: 'deletions', count: openDeletionsOn(tx, row.id) },
        );
      // A conflict that was there before must not keep anybody from changing a key.
      if (after.endpoint !== configuration.endpoint || after.publicEndpoint !== configuration.publicEndpoint)
        requireNobodysCloud(tx, after);
      for (const [name, value] of Object.entries(after)) {
        if (value !== configuration[name as keyof S3ProfileConfiguration]) changed.push(name); // Keys of that very object.
      }
      if (changed.length > 0)
        tx.raw
          .prepare('UPDATE storage_profiles SET configuration = ? WHERE id = ?')
          .run(writeConfiguration(after), row.id);
      if (change.secretKey !== undefined) {
        tx.raw
          .prepare('UPDATE storage_profiles SET credentials = ? WHERE id = ?')
          .run(encryptSecretKey(ground, vault, row.id, change.secretKey), row.id);
        changed.push('secretKey');
      }
    } else if (hasS3Fields(change)) {
      throw new Refusal(
        'STORAGE_UNSAFE',
        'The built-in store has no address, region or keys. Add another profile for an S3 server.',
      );
    }
    if (change.own !== undefined && change.own !== row.own) {
      if (!change.own) {
        throw new Refusal(
          'IN_USE',
          'There is always one own store. Make another profile the own store, and this one stops being it.',
        );
      }
      demoteOwn(tx, ground, vault, actor);
      tx.raw.prepare('UPDATE storage_profiles SET own = 1 WHERE id = ?').run(row.id);
      changed.push('own');
    }
    if (changed.length === 0) return profileAnswer(row);
    tx.raw.prepare('UPDATE storage_profiles SET version = version + 1 WHERE id = ?').run(row.id);
    const after = findProfile(tx, change.profile);
    ground.audit.append(tx, {
      actor,
      event: 'admin.storage_profile_changed',
      target: { kind: 'profile', id: row.id },
      metadata: {
        name: row.name,
        changed,
        ...(after.configuration.kind === 's3' ? shown(after.configuration) : {}),
        own: after.own,
      },
      sealed: renewSeal(tx, vault, 'storage_profiles', row.id),
    });
    return profileAnswer(after);
  });
}

export async function removeProfile(
  ground: Ground,
  actor: Actor,
  wanted: { readonly profile: string; readonly expectedVersion: number },
  isIndexing: (backendNo: number) => boolean,
): Promise<{ removed: string }> {
  return ground.workspace.transaction((tx) => {
    const row = findProfile(tx, wanted.profile);
    requireVersion(row, wanted.expectedVersion);
    if (row.own)
      throw new Refusal('IN_USE', `'${row.name}' is the own store. Make another profile the own store first.`);
    if (row.documents > 0) {
      throw new Refusal(
        'IN_USE',
        `${plural(row.documents, 'document is', 'documents are')} recorded in '${row.name}'. It can go when it holds none.`,
        {
          by: 'documents',
          count: row.documents,
        },
      );
    }
    const deletions = openDeletionsOn(tx, row.id);
    if (deletions > 0) {
      throw new Refusal(
        'IN_USE',
        `A deletion under way works on '${row.name}'. It can go when the deletion has ended.`,
        { by: 'deletions', count: deletions },
      );
    }
    if (isIndexing(row.backendNo))
      throw new Refusal('IN_USE', `'${row.name}' is being indexed. Cancel that, or wait for its end.`);
    tx.raw.prepare('DELETE FROM storage_profiles WHERE id = ?').run(row.id);
    tx.raw.prepare('DELETE FROM backends WHERE no = ?').run(row.backendNo);
    ground.audit.append(tx, {
      actor,
      event: 'admin.storage_profile_removed',
      target: { kind: 'profile', id: row.id },
      metadata: { name: row.name },
      sealed: { table: 'storage_profiles', rowId: row.id, seal: null },
    });
    return { removed: row.id };
  });
}

function requireVersion(row: ProfileRow, expectedVersion: number): void {
  if (row.version === expectedVersion) return;
  throw new Refusal(
    'CHANGED_MEANWHILE',
    `'${row.name}' was changed meanwhile. Look at it again and repeat the change.`,
    { version: row.version },
  );
}

/** Another profile becomes the own store. Refused while the present one holds documents: they would be nobody's store's. */
function demoteOwn(tx: Tx, ground: Ground, vault: UnlockedVault, actor: Actor): void {
  const own = findOwnProfile(tx);
  if (!own) return;
  if (own.documents > 0) {
    throw new Refusal(
      'IN_USE',
      `The own store '${own.name}' holds ${plural(own.documents, 'document')}. Another can take its place when it holds none.`,
      {
        by: own.name,
        count: own.documents,
      },
    );
  }
  tx.raw.prepare('UPDATE storage_profiles SET own = 0, version = version + 1 WHERE id = ?').run(own.id);
  ground.audit.append(tx, {
    actor,
    event: 'admin.storage_profile_changed',
    target: { kind: 'profile', id: own.id },
    metadata: { name: own.name, changed: ['own'], own: false },
    sealed: renewSeal(tx, vault, 'storage_profiles', own.id),
  });
}

function openDeletionsOn(tx: Tx, profileId: string): number {
  return Number(
    tx.raw
      .prepare<[string], number>(
        `SELECT count(*) FROM deletion_backends b JOIN deletions d ON d.id = b.deletion_id
         WHERE b.source_id = ? AND d.stage NOT IN ('done', 'cancelled')`,
      )
      .pluck()
      .get(profileId),
  );
}

function changedConfiguration(before: S3ProfileConfiguration, change: ProfileChange): S3ProfileConfiguration {
  const { endpoint, publicEndpoint, region, pathStyle, authorityPem, accessKey } = change;
  return {
    ...before,
    ...(endpoint === undefined ? {} : { endpoint: normaliseEndpoint(endpoint) }),
    ...(publicEndpoint === undefined
      ? {}
      : { publicEndpoint: publicEndpoint === null ? null : normaliseEndpoint(publicEndpoint) }),
    ...(region === undefined ? {} : { region }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...(authorityPem === undefined ? {} : { authorityPem: readAuthority(authorityPem) }),
    ...(accessKey === undefined ? {} : { accessKey }),
  };
}

function leadsElsewhere(before: S3ProfileConfiguration, after: S3ProfileConfiguration): boolean {
  return before.endpoint !== after.endpoint || before.region !== after.region || before.pathStyle !== after.pathStyle;
}

function hasS3Fields(change: ProfileChange): boolean {
  const { endpoint, publicEndpoint, region, pathStyle, authorityPem, accessKey, secretKey } = change;
  return [endpoint, publicEndpoint, region, pathStyle, authorityPem, accessKey, secretKey].some(
    (field) => field !== undefined,
  );
}

/** What the log may say of a configuration: where it leads, and not with what. */
function shown({
  endpoint,
  publicEndpoint,
  region,
  bucket,
  layout,
  accessKey,
}: S3ProfileConfiguration): Record<string, unknown> {
  return { endpoint, publicEndpoint, region, bucket, layout, accessKey };
}

function checkBucket({ bucket, layout }: S3ProfileConfiguration): void {
  if (parseLayout(layout).kind === 'folders') {
    if (BucketName.safeParse(bucket).success) return;
    throw new Refusal(
      'STORAGE_UNSAFE',
      `'${bucket}' is not a bucket name (3 to 63 of a-z 0-9 . -, and neither end a dot or hyphen).`,
    );
  }
  if (bucket.length <= MAX_BUCKET_PREFIX && !bucket.includes('..') && !bucket.endsWith('.')) return;
  throw new Refusal(
    'STORAGE_UNSAFE',
    `'${bucket}' cannot begin the names of the users' buckets: at most ${MAX_BUCKET_PREFIX} characters, and no dot at its end.`,
  );
}

function readAuthority(pem: string | null | undefined): string | null {
  if (!pem) return null;
  if (!/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(pem)) {
    throw new Refusal(
      'STORAGE_UNSAFE',
      "The certificate authority is not a PEM certificate ('-----BEGIN CERTIFICATE-----').",
    );
  }
  return pem;
}
