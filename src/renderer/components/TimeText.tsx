import { useSyncExternalStore } from 'react';
import { exactText, relativeText } from './time.ts';

const TICK_MS = 20_000;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    listener();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** The time as of the last tick, so that what is written relative to it does not go stale. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** A time relative to now, with the exact one on hover; a dash where it is unknown. */
export function TimeText({ time, none = '—' }: { readonly time: string | null; readonly none?: string }) {
  const present = useNow();
  if (!time) return <>{none}</>;
  return (
    <time dateTime={time} title={exactText(time)}>
      {relativeText(time, Math.max(present, Date.now() - TICK_MS))}
    </time>
  );
}
