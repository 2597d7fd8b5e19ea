import type { Log } from '../../ground.ts';
import type { Carrier, Line } from '../lines.ts';
import { openSockets, type Sockets, tokenIn } from '../sockets.ts';
import type { Tokens } from './tokens.ts';

export const SOCKET_PATH = '/console';

const MAX_SOCKETS = 48;

export interface TabSocketsOptions {
  readonly tokens: Tokens;
  readonly openLine: (carrier: Carrier) => Line;
  readonly onOneTimeTokenUsed: () => void;
  readonly log: Log;
}

/** Sockets of tabs: the first message shows a one-time token or the tab's own, and the greeting hands the tab its own. */
export function openTabSockets({ tokens, openLine, onOneTimeTokenUsed, log }: TabSocketsOptions): Sockets {
  return openSockets({
    name: 'serve',
    maxSockets: MAX_SOCKETS,
    log,
    admit(first, peer) {
      const token = tokenIn(first);
      const admission = token === null ? ({ ok: false, reason: 'unknown' } as const) : tokens.admit(token);
      if (!admission.ok) return admission;
      if (admission.wasOneTime) onOneTimeTokenUsed();
      return {
        ok: true,
        greeting: { ok: true, tabToken: admission.tabToken },
        openLine: (carrier) =>
          openLine(peer === undefined ? carrier : { ...carrier, origin: { networkAddress: peer } }),
      };
    },
  });
}
