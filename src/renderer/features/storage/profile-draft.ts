import type { Profile } from '../../../contract/storage.ts';

/** What stands in the form of a store. Texts as they were typed; empty where nothing was. */
export interface ProfileDraft {
  readonly name: string;
  readonly endpoint: string;
  readonly publicEndpoint: string;
  readonly bucket: string;
  readonly layout: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly authorityPem: string;
  readonly isVirtualHost: boolean;
  readonly own: boolean;
}

export const newDraft: ProfileDraft = {
  name: '',
  endpoint: '',
  publicEndpoint: '',
  bucket: '',
  layout: 'users/{userId}/',
  region: 'us-east-1',
  accessKey: '',
  secretKey: '',
  authorityPem: '',
  isVirtualHost: false,
  own: false,
};

export function draftOf(profile: Profile): ProfileDraft {
  return {
    ...newDraft,
    name: profile.name,
    endpoint: profile.endpoint ?? '',
    publicEndpoint: profile.publicEndpoint ?? '',
    bucket: profile.bucket ?? '',
    layout: profile.layout,
    region: profile.region ?? '',
    accessKey: profile.accessKey ?? '',
    isVirtualHost: !profile.pathStyle,
    own: profile.own,
  };
}

/** As `storage.add` takes it. */
export function toNewProfile({ isVirtualHost, publicEndpoint, authorityPem, ...draft }: ProfileDraft) {
  return {
    ...draft,
    pathStyle: !isVirtualHost,
    ...(publicEndpoint === '' ? {} : { publicEndpoint }),
    ...(authorityPem === '' ? {} : { authorityPem }),
  };
}

/** What was changed, as `storage.update` takes it; empty where nothing was. A secret that was not typed stays. */
export function changesOf(profile: Profile, draft: ProfileDraft, dropsAuthority: boolean) {
  const before = draftOf(profile);
  return {
    ...(draft.endpoint === before.endpoint ? {} : { endpoint: draft.endpoint }),
    ...(draft.publicEndpoint === before.publicEndpoint ? {} : { publicEndpoint: draft.publicEndpoint || null }),
    ...(draft.region === before.region ? {} : { region: draft.region }),
    ...(draft.isVirtualHost === before.isVirtualHost ? {} : { pathStyle: !draft.isVirtualHost }),
    ...(draft.accessKey === before.accessKey ? {} : { accessKey: draft.accessKey }),
    ...(draft.secretKey === '' ? {} : { secretKey: draft.secretKey }),
    ...(draft.authorityPem !== ''
      ? { authorityPem: draft.authorityPem }
      : dropsAuthority
        ? { authorityPem: null }
        : {}),
    ...(draft.own && !before.own ? { own: true } : {}),
  };
}
