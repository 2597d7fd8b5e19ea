import type { MessagePort } from 'node:worker_threads';
import type { MessagePortMain } from 'electron';
import { MAX_MESSAGE_BYTES } from '../message-limit.ts';

/**
 * Carries messages between a page's port and the console's thread, for a `MessagePortMain` cannot be handed to a worker.
 * Text and bytes pass as they are; anything else, or a message over the limit, ends both sides, as does either side's end.
 */
export function relay(page: MessagePortMain, console: MessagePort): void {
  const end = () => {
    page.close();
    console.close();
  };
  page.on('message', ({ data }: { data: unknown }) => {
    const size = sizeOf(data);
    if (size === null || size > MAX_MESSAGE_BYTES) end();
    else console.postMessage(data);
  });
  console.on('message', (data) => page.postMessage(data));
  page.once('close', end);
  console.once('close', end);
  page.start();
}

function sizeOf(data: unknown): number | null {
  if (typeof data === 'string') return data.length;
  return data instanceof Uint8Array || data instanceof ArrayBuffer ? data.byteLength : null;
}
