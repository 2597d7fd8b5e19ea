import type { Clock } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import type { ActiveSession } from './session.ts';

/** Refuses with STEP_UP_REQUIRED unless the password was typed within the last five minutes: before what cannot be undone. */
export function requireStepUp(session: ActiveSession, clock: Clock): void {
  if (session.steppedUpUntil !== null && clock() < session.steppedUpUntil) return;
  throw new Refusal('STEP_UP_REQUIRED', 'This cannot be undone, so the password is asked again. Enter it and go on.');
}
