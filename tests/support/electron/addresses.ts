/**
 * Plain Chromium cannot navigate to `app://…`, so each address of a scheme of the app's lies under an https origin of its own there, which
 * no network answers: `app://console/x` is `https://console.app.electron.test/x`. Both ways are exact.
 */
const SUFFIX = '.electron.test';

export function toChromium(address: string, schemes: ReadonlySet<string>): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/s.exec(address);
  const [, scheme = '', host = '', rest = ''] = match ?? [];
  return schemes.has(scheme) ? `https://${host}.${scheme}${SUFFIX}${rest === '' ? '/' : rest}` : address;
}

export function toElectron(address: string, schemes: ReadonlySet<string>): string {
  const match = /^(blob:)?https:\/\/([^/?#]*)\.([a-z0-9+-]+)\.electron\.test(?::443)?(?=[/?#]|$)(.*)$/s.exec(address);
  const [, blob = '', host = '', scheme = '', rest = ''] = match ?? [];
  return match && schemes.has(scheme) ? `${blob}${scheme}://${host}${rest}` : address;
}
