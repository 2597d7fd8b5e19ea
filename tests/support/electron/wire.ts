/**
 * Messages between a page's port and Node pass a binding that takes text alone. Bytes are encoded for it; what is neither text nor
 * bytes arrives as the plain object that its JSON gives, which is enough to see that it is neither.
 */
export type Wire =
  | { readonly text: string }
  | { readonly bytes: string; readonly as: 'ArrayBuffer' | 'Uint8Array' }
  | { readonly json: string };

export function decodeWire(wire: Wire): unknown {
  if ('text' in wire) return wire.text;
  if ('json' in wire) return JSON.parse(wire.json);
  const bytes = Uint8Array.from(Buffer.from(wire.bytes, 'base64'));
  return wire.as === 'ArrayBuffer' ? bytes.buffer : bytes;
}

export function encodeWire(data: unknown): Wire {
  if (typeof data === 'string') return { text: data };
  if (data instanceof ArrayBuffer) return { bytes: Buffer.from(data).toString('base64'), as: 'ArrayBuffer' };
  if (data instanceof Uint8Array) return { bytes: Buffer.from(data).toString('base64'), as: 'Uint8Array' };
  return { json: JSON.stringify(data) ?? 'null' };
}

/** What the preload's world says. */
export type FromWorld =
  | { readonly kind: 'ipc'; readonly channel: string; readonly ports: readonly number[] }
  | { readonly kind: 'message'; readonly port: number; readonly data: Wire }
  | { readonly kind: 'closed'; readonly port: number }
  | { readonly kind: 'preload-error'; readonly message: string };

/** What is said to it. */
export type ToWorld =
  | { readonly kind: 'message'; readonly port: number; readonly data: Wire }
  | { readonly kind: 'close'; readonly port: number };
