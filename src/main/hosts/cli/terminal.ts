import type { ReadStream, WriteStream } from 'node:tty';

/** Where a command's words go and come from. The real one is this process; there is one for each run. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // A reader that went away (`qm users list | head`) is no failure; the writes after it go nowhere.
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  return { stdin, stdout, stderr, env, now: Date.now };
}

/** Where a terminal does not know its own width (a serial line, a pseudo-terminal that nobody sized): it says 0 or nothing. */
const USUAL_COLUMNS = 100;

/** Columns of a terminal; undefined where the stream is a file or a pipe. */
export function columnsOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns || USUAL_COLUMNS : undefined;
}

/** The terminal that can be asked for a password, or null where nobody sits before it. */
export function askable(terminal: Terminal): { readonly input: ReadStream; readonly output: WriteStream } | null {
  const { stdin, stderr } = terminal;
  return stdin.isTTY && stderr.isTTY ? { input: stdin, output: stderr } : null;
}

/** Writes and waits until it has left the process, so that an exit right after it cuts nothing off. */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write(text, () => resolve());
  });
}
