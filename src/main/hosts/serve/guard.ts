import type { IncomingMessage } from 'node:http';

export interface RequestRefusal {
  readonly status: 400 | 403 | 421;
  readonly reason: string;
}

/**
 * Whether a request may be looked at, as null or a refusal. A page of another origin that was rebound to 127.0.0.1 names its
 * own host; one that calls across origins names its own origin; neither is ever one of the two names of this server.
 */
export function refusalOf(request: IncomingMessage, port: number, needsOrigin: boolean): RequestRefusal | null {
  const hosts = headerValues(request, 'host');
  const [host] = hosts;
  if (host === undefined || hosts.length > 1) return { status: 400, reason: 'One Host header is needed.' };
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return { status: 421, reason: 'This server answers for 127.0.0.1 and localhost alone.' };
  // The absolute form (RFC 9112, 3.2.2) would bring a second host name along; only proxies are sent it.
  if (!request.url?.startsWith('/')) return { status: 400, reason: 'Only a path can be asked for.' };
  const origins = headerValues(request, 'origin');
  if (origins.some((origin) => origin !== `http://${host}`) || origins.length > 1)
    return { status: 403, reason: 'Requests from other origins are refused.' };
  if (needsOrigin && origins.length === 0) return { status: 403, reason: 'An Origin header is needed.' };
  // What browsers say of themselves: https://www.w3.org/TR/fetch-metadata/. A person may follow a link to the page.
  const site = request.headers['sec-fetch-site'];
  const isNavigation =
    request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation)
    return { status: 403, reason: 'Requests from other sites are refused.' };
  if (headerValues(request, 'transfer-encoding').length > 0 || (request.headers['content-length'] ?? '0') !== '0')
    return { status: 400, reason: 'No request here has a body.' };
  return null;
}

/** The source that the page may open its socket to: the same host that it was asked from. */
export function socketSource(request: IncomingMessage): string {
  return `ws://${request.headers.host}`;
}

/** Every value that was sent: Node keeps only the first of a repeated Host. */
function headerValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
