/** Scheme and host under which the page lives in the desktop. */
export const SCHEME = 'app';
export const PAGE_HOST = 'console';
export const PAGE_URL = `${SCHEME}://${PAGE_HOST}/`;

/** Whether an address is the page's own, by its parsed parts: `app://console.evil/` and `app://console@evil/` are not. */
export function isOwnPage(address: string): boolean {
  const url = URL.parse(address);
  return (
    url !== null &&
    url.protocol === `${SCHEME}:` &&
    url.host === PAGE_HOST &&
    url.username === '' &&
    url.password === ''
  );
}
