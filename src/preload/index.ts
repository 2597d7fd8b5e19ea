import { contextBridge, ipcRenderer } from 'electron';

const PORT_MESSAGE = 'quartermaster-port';
const PORT_CHANNEL = 'quartermaster:port';

/** Ports that the page has announced by `connect()` and not yet sent. */
let announced = 0;

// A port cannot cross the context bridge. So the page makes a MessageChannel and posts one end to its own window, and it is
// forwarded from here: https://www.electronjs.org/docs/latest/tutorial/message-ports
window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (announced === 0 || event.source !== window || !isPortMessage(event.data)) return;
  const [port, ...others] = event.ports;
  if (!port || others.length > 0) return;
  announced -= 1;
  ipcRenderer.postMessage(PORT_CHANNEL, null, [port]);
});

function isPortMessage(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === PORT_MESSAGE;
}

contextBridge.exposeInMainWorld('quartermaster', {
  /** Announces that the next `quartermaster-port` message of the page carries its port to the console. */
  connect() {
    announced += 1;
  },
});
