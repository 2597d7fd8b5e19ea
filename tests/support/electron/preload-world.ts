/** Sources that run in the page before its own scripts, in this order. Both are text: they run in Chromium. */

/** In the page's own world: the far side of `contextBridge`. Strings cross between the worlds as events of the window. */
export function mainWorldSource(secret: string): string {
  return `(() => {
  if (window !== window.top) return;
  const { CustomEvent, JSON, Object } = window;
  const dispatch = window.dispatchEvent.bind(window);
  const listen = window.addEventListener.bind(window);
  let answered;
  listen('answer-${secret}', (event) => { answered = event.detail; });
  const build = (node, path) => {
    if (node.kind === 'value') return node.value;
    if (node.kind === 'object')
      return Object.freeze(Object.fromEntries(Object.entries(node.entries).map(([key, child]) => [key, build(child, [...path, key])])));
    return (...args) => {
      answered = undefined;
      dispatch(new CustomEvent('call-${secret}', { detail: JSON.stringify({ path, args }) }));
      const { value, error } = JSON.parse(answered);
      if (error !== undefined) throw new Error(error);
      return value;
    };
  };
  listen('expose-${secret}', (event) => {
    const { key, shape } = JSON.parse(event.detail);
    if (key in window) throw new Error('Cannot bind an API on top of an existing property on the window object');
    Object.defineProperty(window, key, { value: build(shape, [key]), enumerable: true, configurable: false, writable: false });
  });
})();`;
}

/** In a world of its own: `require('electron')` as a sandboxed preload has it, and the preload itself. */
export function preloadWorldSource({
  secret,
  binding,
  preload,
}: {
  secret: string;
  binding: string;
  preload: string;
}): string {
  return `(() => {
  if (window !== window.top) return;
  const tell = (message) => globalThis[${JSON.stringify(binding)}](JSON.stringify(message));
  const encode = (data) => {
    if (typeof data === 'string') return { text: data };
    if (data instanceof ArrayBuffer) return { bytes: new Uint8Array(data).toBase64(), as: 'ArrayBuffer' };
    if (ArrayBuffer.isView(data))
      return { bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).toBase64(), as: 'Uint8Array' };
    try { return { json: JSON.stringify(data) ?? 'null' }; } catch { return { json: '{}' }; }
  };
  const decode = (wire) => {
    if ('text' in wire) return wire.text;
    if ('json' in wire) return JSON.parse(wire.json);
    const bytes = Uint8Array.fromBase64(wire.bytes);
    return wire.as === 'ArrayBuffer' ? bytes.buffer : bytes;
  };

  const ports = new Map();
  let lastPort = 0;
  const adopt = (port) => {
    const id = ++lastPort;
    ports.set(id, port);
    port.addEventListener('message', (event) => tell({ kind: 'message', port: id, data: encode(event.data) }));
    port.addEventListener('close', () => { if (ports.delete(id)) tell({ kind: 'closed', port: id }); });
    return id;
  };
  globalThis.__fromMain = (message) => {
    const port = ports.get(message.port);
    if (!port) return;
    if (message.kind === 'message') port.postMessage(decode(message.data));
    else { ports.delete(message.port); port.close(); }
  };

  const exposed = {};
  const shapeOf = (value) => {
    if (typeof value === 'function') return { kind: 'function' };
    if (typeof value !== 'object' || value === null) return { kind: 'value', value };
    return { kind: 'object', entries: Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shapeOf(child)])) };
  };
  window.addEventListener('call-${secret}', (event) => {
    const { path, args } = JSON.parse(event.detail);
    let answer;
    try { answer = { value: path.reduce((target, key) => target[key], exposed)(...args) }; }
    catch (error) { answer = { error: String(error?.message ?? error) }; }
    window.dispatchEvent(new CustomEvent('answer-${secret}', { detail: JSON.stringify(answer) }));
  });

  const electron = Object.freeze({
    contextBridge: Object.freeze({
      exposeInMainWorld(key, api) {
        exposed[key] = api;
        window.dispatchEvent(new CustomEvent('expose-${secret}', { detail: JSON.stringify({ key, shape: shapeOf(api) }) }));
      },
    }),
    ipcRenderer: Object.freeze({
      postMessage(channel, _message, transfer = []) {
        const adopted = transfer.map((port) => {
          if (!(port instanceof MessagePort)) throw new TypeError('Invalid value for transfer');
          return [adopt(port), port];
        });
        tell({ kind: 'ipc', channel, ports: adopted.map(([id]) => id) });
        for (const [, port] of adopted) port.start();
      },
    }),
  });
  const require = (name) => {
    if (name === 'electron') return electron;
    throw new Error('module not found: ' + name);
  };
  const module = { exports: {} };
  try {
    (function (require, module, exports, global, process) {
${preload}
    })(require, module, module.exports, globalThis, Object.freeze({ platform: 'linux', versions: Object.freeze({}), sandboxed: true }));
  } catch (error) {
    tell({ kind: 'preload-error', message: String(error?.stack ?? error) });
  }
})();`;
}
