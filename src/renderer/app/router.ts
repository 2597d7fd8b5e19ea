import { useSyncExternalStore } from 'react';

// Routes live behind the hash, because that works alike under `app://` and `http://`, and no host has to know them.

export interface Route {
  /** `#/users/42?sort=name` has the parts `users` and `42`. */
  readonly parts: readonly string[];
  readonly search: URLSearchParams;
}

export type Search = Readonly<Record<string, string | null | undefined>>;

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map(decode);
  return { parts, search: new URLSearchParams(search) };
}

/** The address of a screen: `href(['users', id], { sort: 'name' })`. Empty values are left out. */
export function href(parts: readonly string[], search: Search = {}): string {
  const wanted = Object.entries(search).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const query = new URLSearchParams(wanted).toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
}

/** Goes there. With `replace` the way back does not stop here: for filters and what is typed. */
export function navigate(address: string, { replace = false } = {}): void {
  if (!replace) {
    window.location.hash = address;
    return;
  }
  window.history.replaceState(null, '', address);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

let last = { hash: '', route: parseRoute('') };

function snapshot(): Route {
  const { hash } = window.location;
  if (hash !== last.hash) last = { hash, route: parseRoute(hash) };
  return last.route;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, snapshot);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
