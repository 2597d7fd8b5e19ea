import { record } from './control.ts';

type SchemeHandler = (request: Request) => Response | Promise<Response>;
type PermissionRequestHandler = (
  contents: unknown,
  permission: string,
  decide: (granted: boolean) => void,
  details: unknown,
) => void;
type PermissionCheckHandler = (contents: unknown, permission: string, origin: string, details: unknown) => boolean;
type BeforeRequest = (
  details: { url: string; method: string },
  decide: (response: { cancel?: boolean }) => void,
) => void;

/** Schemes that were declared; only those have a host and a path of their own. */
export const schemes = new Set<string>();
let isReady = false;

export function schemesAreFixed(): void {
  isReady = true;
}

class Protocol {
  readonly handlers = new Map<string, SchemeHandler>();

  registerSchemesAsPrivileged(declared: { scheme: string; privileges?: unknown }[]): void {
    if (isReady) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme, privileges } of declared) {
      schemes.add(scheme);
      record({ what: 'scheme', scheme, privileges });
    }
  }

  handle(scheme: string, handler: SchemeHandler): void {
    if (!isReady) throw new Error('protocol.handle can only be called when app is ready');
    if (this.handlers.has(scheme)) throw new Error(`The scheme ${scheme} has been registered already`);
    this.handlers.set(scheme, handler);
  }
}

class Session {
  readonly protocol = new Protocol();
  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest | null) => {
      this.beforeRequest = listener;
    },
  };
  beforeRequest: BeforeRequest | null = null;
  requestHandler: PermissionRequestHandler | null = null;
  checkHandler: PermissionCheckHandler | null = null;
  deviceHandler: ((details: unknown) => boolean) | null = null;

  setPermissionRequestHandler(handler: PermissionRequestHandler | null): void {
    this.requestHandler = handler;
  }

  setPermissionCheckHandler(handler: PermissionCheckHandler | null): void {
    this.checkHandler = handler;
  }

  setDevicePermissionHandler(handler: ((details: unknown) => boolean) | null): void {
    this.deviceHandler = handler;
  }

  /** Whether a request of the page may go out, as the app says. */
  async mayRequest(url: string, method: string): Promise<boolean> {
    const { beforeRequest } = this;
    if (!beforeRequest) return true;
    return await new Promise((resolve) => beforeRequest({ url, method }, ({ cancel }) => resolve(!cancel)));
  }

  /** What Electron would answer to the page: without handlers everything is granted. */
  async isGranted(contents: unknown, permission: string, origin: string): Promise<boolean> {
    const { requestHandler, checkHandler } = this;
    const isChecked = checkHandler ? checkHandler(contents, permission, origin, {}) : true;
    const isRequested = requestHandler
      ? await new Promise<boolean>((resolve) =>
          requestHandler(contents, permission, resolve, { requestingUrl: origin }),
        )
      : true;
    const askedHandlers =
      [checkHandler ? 'check' : '', requestHandler ? 'request' : ''].filter(Boolean).join('+') || 'none';
    record({ what: 'permission', permission, granted: isChecked && isRequested, askedHandlers });
    return isChecked && isRequested;
  }
}

const defaultSession = new Session();

export const session = {
  get defaultSession(): Session {
    if (!isReady) throw new Error('Session can only be received when app is ready');
    return defaultSession;
  },
};
export const protocol = defaultSession.protocol;
