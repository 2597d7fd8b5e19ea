import type { IpcMainEvent, MessagePortMain, WebContents } from 'electron';
import { isOwnPage } from './origin.ts';

export const PORT_CHANNEL = 'quartermaster:port';

/**
 * The one channel of the bridge: the page's preload hands over a port. Only the main frame of this window, and only while
 * it shows the page itself, gets a line to the console; any other sender's ports are closed.
 */
export function acceptPorts(contents: WebContents, accept: (port: MessagePortMain) => void): void {
  contents.ipc.on(PORT_CHANNEL, (event) => {
    const port = event.ports[0];
    if (port && event.ports.length === 1 && isFromOwnPage(event, contents)) accept(port);
    else for (const refused of event.ports) refused.close();
  });
}

/** `senderFrame` is null once the frame that sent has gone. */
export function isFromOwnPage(event: Pick<IpcMainEvent, 'sender' | 'senderFrame'>, contents: WebContents): boolean {
  const { sender, senderFrame } = event;
  return (
    senderFrame !== null && sender === contents && senderFrame === contents.mainFrame && isOwnPage(senderFrame.url)
  );
}
