import { contextBridge, ipcRenderer } from 'electron';

/** The page's own origin; nobody else's message is forwarded. */
const PORT_MESSAGE = 'quartermaster-port';
const PORT_CHANNEL = 'quartermaster:port';

// The page makes a MessageChannel and posts one end to its own window. A port cannot cross the context bridge, so this
// is the way: https://www.electronjs.org/docs/latest/tutorial/message-ports
window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.source !== window || !isPortMessage(event.data)) return;
  const [port, ...others] = event.ports;
  if (!port || others.length > 0) return;
  ipcRenderer.postMessage(PORT_CHANNEL, null, [port]);
});

function isPortMessage(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === PORT_MESSAGE;
}

contextBridge.exposeInMainWorld('quartermaster', { connect() {} });
