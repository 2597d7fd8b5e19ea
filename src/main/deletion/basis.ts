import type { DeletionTarget } from '../storage/index.ts';
import type { UserRow } from './rows.ts';

/** What a plan stands on. If any of it is another by the start, the plan is outdated (D5). */
export interface Basis {
  readonly mail: string;
  readonly places: readonly {
    readonly id: string;
    readonly label: string;
    readonly cloud: boolean;
    readonly is: string;
  }[];
}

export function basisOf(user: UserRow, targets: readonly DeletionTarget[]): Basis {
  return {
    mail: user.mail_key,
    places: targets.map((target) => ({
      id: target.sourceId,
      label: target.label,
      cloud: target.isCloud,
      is: JSON.stringify([
        target.backendNo,
        target.kind,
        target.reach,
        target.prefix,
        target.recordPrefix,
        target.basis,
      ]),
    })),
  };
}

/** What is not as it was, by name. */
export function changesSince(before: Basis, now: Basis): string[] {
  const changes = before.mail === now.mail ? [] : ['mail address'];
  const name = ({ cloud, label }: Basis['places'][number]) => `${cloud ? 'connection' : 'storage'} ${label}`;
  for (const place of before.places) {
    const same = now.places.find(({ id }) => id === place.id);
    if (!same) changes.push(`${name(place)} is gone`);
    else if (same.is !== place.is) changes.push(`${name(place)} was changed`);
  }
  for (const place of now.places)
    if (!before.places.some(({ id }) => id === place.id)) changes.push(`${name(place)} is new`);
  return changes;
}
