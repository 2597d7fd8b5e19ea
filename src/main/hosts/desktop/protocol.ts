import { protocol, type Session } from 'electron';
import type { Bundle } from '../bundle.ts';
import { isOwnPage, SCHEME } from './origin.ts';

/** Has to run before the app is ready: https://www.electronjs.org/docs/latest/api/protocol */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built page under `app://console/`. Any other host of the scheme, and any method but GET, is refused. */
export function serveBundle(session: Session, bundle: Bundle): void {
  session.protocol.handle(SCHEME, (request) => {
    if (!isOwnPage(request.url)) return new Response(null, { status: 404 });
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: { allow: 'GET' } });
    const { status, headers, body } = bundle.answer('GET', new URL(request.url).pathname);
    // A Uint8Array is a body; the DOM's type wants to know that its buffer is not shared, and it is not.
    return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
  });
}
