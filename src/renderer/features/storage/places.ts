import type { IndexRun, Profile } from '../../../contract/storage.ts';

/** Runs come newest first. */
export function newestRunOf(
  runs: readonly IndexRun[] | undefined,
  kind: 'profile' | 'connection',
  id: string,
): IndexRun | null {
  return runs?.find(({ place }) => place?.kind === kind && place.id === id) ?? null;
}

export function profileNamed(profiles: readonly Profile[], name: string): Profile | null {
  return profiles.find((profile) => profile.name.toLowerCase() === name.toLowerCase()) ?? null;
}

/** Where a store is, in a line: the built-in one, or address and bucket. */
export function placeOf({ kind, endpoint, bucket, layout }: Profile): string {
  if (kind === 'folder') return 'built in, beside the workspace';
  const buckets = layout.startsWith('bucket:') ? `${bucket ?? ''}…` : (bucket ?? '');
  return `${hostOf(endpoint)}, ${buckets}`;
}

function hostOf(endpoint: string | null): string {
  return endpoint?.replace(/^https?:\/\//, '') ?? '';
}
