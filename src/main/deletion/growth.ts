import { plural } from '../../contract/figures.ts';
import type { BackendRow } from './rows.ts';

/** A run that finds over a tenth and over a hundred objects more than planned stops and asks (D5). */
const SHARE = 0.1;
const COUNT = 100;

type Counted = Pick<BackendRow, 'source_id' | 'label' | 'planned' | 'accepted' | 'found' | 'absent'>;

/** Where much more was found than planned, or accepted since; null where it was not. */
export function growthOf(
  backends: readonly Counted[],
): { readonly backendId: string | null; readonly message: string } | null {
  for (const one of backends) {
    const expected = Math.max(one.planned, one.accepted);
    const found = foundOf(one);
    if (isGrowth(expected, found)) return { backendId: one.source_id, message: sentence(one.label, expected, found) };
  }
  const expected = backends.reduce((sum, one) => sum + Math.max(one.planned, one.accepted), 0);
  const found = backends.reduce((sum, one) => sum + foundOf(one), 0);
  return isGrowth(expected, found)
    ? { backendId: null, message: sentence('All places together', expected, found) }
    : null;
}

/** Records of what is not there any more are told as absent; they are nothing that was found. */
function foundOf({ found, absent }: Counted): number {
  return found - absent;
}

function isGrowth(expected: number, found: number): boolean {
  return found - expected > COUNT && found - expected > expected * SHARE;
}

function sentence(where: string, expected: number, found: number): string {
  // A place that did not answer at the plan had only its records to be counted by, and may have had none.
  const before = expected === 0 ? 'none was counted for the plan' : plural(expected, 'was planned', 'were planned');
  return (
    `${where}: ${plural(found, 'object')} were found where ${before}. Look at what came since; ` +
    'accept the growth to go on, or call the deletion off while nothing has been removed.'
  );
}
