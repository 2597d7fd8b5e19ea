import { EventEmitter } from 'node:events';
import { decodeWire, encodeWire, type ToWorld, type Wire } from './wire.ts';

/** Electron's `MessagePortMain`, whose other end is a real port of the page. */
export class MessagePortMain extends EventEmitter {
  readonly #id: number;
  readonly #say: (message: ToWorld) => void;
  #isStarted = false;
  #isOpen = true;
  #waiting: Wire[] = [];

  constructor(id: number, say: (message: ToWorld) => void) {
    super();
    this.#id = id;
    this.#say = say;
  }

  /** Messages are queued until this is called, as Electron's are. */
  start(): void {
    this.#isStarted = true;
    for (const data of this.#waiting.splice(0)) this.#deliver(data);
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new Error('The double hands no ports to the page');
    if (this.#isOpen) this.#say({ kind: 'message', port: this.#id, data: encodeWire(message) });
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#say({ kind: 'close', port: this.#id });
  }

  /** From the page. */
  arrived(data: Wire): void {
    if (this.#isStarted) this.#deliver(data);
    else this.#waiting.push(data);
  }

  /** The page closed its end, or has gone. */
  disconnected(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.emit('close');
  }

  #deliver(data: Wire): void {
    if (this.#isOpen) this.emit('message', { data: decodeWire(data), ports: [] });
  }
}
