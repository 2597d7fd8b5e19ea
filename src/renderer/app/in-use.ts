import { useSyncExternalStore } from 'react';

// What the page asks by itself must not keep a session open that nobody uses: it asks only while somebody is there.

const STILL_THERE_MS = 2 * 60_000;
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'focus'] as const;

let isInUse = true;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function become(next: boolean): void {
  if (isInUse === next) return;
  isInUse = next;
  for (const listener of listeners) listener();
}

function onSign(): void {
  clearTimeout(timer);
  timer = setTimeout(() => become(false), STILL_THERE_MS);
  become(true);
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    for (const sign of SIGNS) window.addEventListener(sign, onSign, { passive: true });
    onSign();
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    for (const sign of SIGNS) window.removeEventListener(sign, onSign);
    clearTimeout(timer);
  };
}

/** Whether anybody has moved, typed or looked in the last two minutes. */
export function useIsInUse(): boolean {
  return useSyncExternalStore(subscribe, () => isInUse);
}

const AGAIN_EVERY_MS = 20_000;

/** How often what others may change is read again: now and then while somebody is there, else not at all. */
export function useRefetchWhileInUse(): number | false {
  return useIsInUse() && AGAIN_EVERY_MS;
}
