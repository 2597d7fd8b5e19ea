import type { Readable, Writable } from 'node:stream';
import { openBrowser } from './browser.ts';
import { type ConsoleServer, openServer, type ServerOptions } from './server.ts';

export interface ServeOptions extends ServerOptions {
  /** Whether to open a browser window where there is a display and a browser. */
  readonly open: boolean;
  readonly terminal?: Terminal;
}

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
}

/** Starts the browser host, opens a window on it if that can be done, and says on the terminal how to get in. */
export async function startServe(options: ServeOptions): Promise<ConsoleServer> {
  const { input, output } = options.terminal ?? { input: process.stdin, output: process.stdout };
  const server = await openServer(options);
  const isOpened = options.open && (await openBrowser(server.openingFile));
  const say = (text: string) => output.write(text);
  say(`Quartermaster is at ${server.address} for this machine alone.\n`);
  if (isOpened) say('A browser window has been opened on it.\n');
  // The terminal is the administrator's own: what is printed there is read by the person who started the console, and is
  // worth nothing once it was used or five minutes are over. Where output goes into a file that others may read, the link is
  // printed only if there is no other way in; the file of the workspace is the way that always works.
  if (output.isTTY || !isOpened)
    say(
      linkText(isOpened ? 'If no window has come up, open this link' : 'Open this link in a browser', server.newLink()),
    );
  say(`Or open this file in a browser, now or for another tab: ${server.openingFile}\n`);
  if (!output.isTTY || !input.isTTY) return server;

  say('Enter prints a new link. Ctrl-C ends the console.\n');
  const onEnter = () => say(linkText('A new link', server.newLink()));
  input.on('data', onEnter);
  return {
    ...server,
    close() {
      input.off('data', onEnter);
      input.pause();
      return server.close();
    },
  };
}

function linkText(lead: string, link: string): string {
  return `${lead}; it works once, within five minutes:\n\n    ${link}\n\n`;
}
