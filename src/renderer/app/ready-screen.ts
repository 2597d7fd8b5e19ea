import { type ComponentType, lazy } from 'react';

/** A screen in a file of its own, which can be fetched before it is wanted. */
export function readyScreen<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: Promise<ComponentType<Props>> | undefined;
  const once = () => {
    loaded ??= load();
    // One that did not come is tried again when it is wanted.
    loaded.catch(() => {
      loaded = undefined;
    });
    return loaded;
  };
  return { Screen: lazy(async () => ({ default: await once() })), load: () => once().catch(() => {}) };
}
