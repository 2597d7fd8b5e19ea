const OPEN = 0;
const SHUT = 1;
/** A writer that shut the gate and never came again does not stop the readers: this long at most. */
const PATIENCE_MS = 500;

/**
 * Where the reader thread waits before a step while the writer wants the log to itself. A truncating checkpoint asks for a
 * moment in which nobody reads, and between two steps of a busy reader there is next to none.
 */
export interface Gate {
  /** What both threads share. */
  readonly memory: SharedArrayBuffer;
  /** From now on no step begins, until `open` or for half a second at most. */
  shut(): void;
  open(): void;
  /** Blocks this thread while the gate is shut. */
  pass(): void;
}

export function openGate(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)): Gate {
  const state = new Int32Array(memory);
  return {
    memory,
    shut: () => void Atomics.store(state, 0, SHUT),
    open() {
      Atomics.store(state, 0, OPEN);
      Atomics.notify(state, 0);
    },
    pass() {
      if (Atomics.wait(state, 0, SHUT, PATIENCE_MS) === 'timed-out') Atomics.store(state, 0, OPEN);
    },
  };
}
