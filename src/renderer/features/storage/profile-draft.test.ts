import { describe, expect, test } from 'vitest';
import { storageContract } from '../../../contract/storage.ts';
import { changesOf, draftOf, newDraft, toNewProfile } from './profile-draft.ts';

const PROFILE = {
  id: '01936f00-0000-7000-8000-000000000001',
  name: 'main',
  kind: 's3' as const,
  endpoint: 'http://127.0.0.1:9000',
  publicEndpoint: 'https://files.example.org',
  region: 'us-east-1',
  pathStyle: true,
  hasOwnAuthority: true,
  bucket: 'docs',
  layout: 'users/{userId}/',
  accessKey: 'AKIA',
  own: false,
  documents: 0,
  bytes: 0,
  lastIndexedAt: null,
  version: 3,
};

const inputOf = (procedure: 'add' | 'update', input: unknown) =>
  storageContract[procedure]['~orpc'].inputSchema?.['~standard'].validate(input);

describe('what the form of a store sends', () => {
  test('a new one with what is needed alone passes the contract, and empty fields are not sent', async () => {
    const input = toNewProfile({
      ...newDraft,
      name: 'main',
      endpoint: 'http://127.0.0.1:9000',
      bucket: 'docs',
      accessKey: 'AKIA',
      secretKey: 'secret',
    });
    expect(input).not.toHaveProperty('publicEndpoint');
    expect(input).not.toHaveProperty('authorityPem');
    expect(await inputOf('add', input)).not.toHaveProperty('issues');
  });

  test('nothing that was not changed is sent, least of all an empty secret', () => {
    expect(changesOf(PROFILE, draftOf(PROFILE), false)).toEqual({});
  });

  test('each change is sent as itself, and what was emptied is taken away', async () => {
    const draft = { ...draftOf(PROFILE), publicEndpoint: '', isVirtualHost: true, secretKey: 'new', own: true };
    const changes = changesOf(PROFILE, draft, true);
    expect(changes).toEqual({
      publicEndpoint: null,
      pathStyle: false,
      secretKey: 'new',
      authorityPem: null,
      own: true,
    });
    expect(await inputOf('update', { profile: 'main', expectedVersion: 3, ...changes })).not.toHaveProperty('issues');
    expect(changesOf(PROFILE, { ...draft, authorityPem: 'PEM' }, true)).toMatchObject({ authorityPem: 'PEM' });
  });
});
