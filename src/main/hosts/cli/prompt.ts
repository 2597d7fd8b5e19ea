import { StringDecoder } from 'node:string_decoder';
import { HostFailure, Interrupted, UsageError } from './failures.ts';
import { askable, type Terminal } from './terminal.ts';

const ENTER = /[\r\n]/;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_U = '\u0015';
const BACKSPACE = new Set(['\u0008', '\u007f']);

/**
 * Asks on the terminal without echo. `instead` is what can be given where there is nobody to ask: an option or a file.
 * Ctrl-C ends the command, Ctrl-U begins again.
 */
export async function askSecret(
  terminal: Terminal,
  question: string,
  instead: string,
  signal: AbortSignal,
): Promise<string> {
  const asked = askable(terminal);
  if (!asked) throw new UsageError(`${question} is needed, and there is no terminal to ask on. ${instead}`);
  const { input, output } = asked;
  // Before the question is seen: what is typed in answer to it must find the echo off.
  input.setRawMode(true);
  input.resume();
  output.write(`${question}: `);
  try {
    return await readLine(input, signal);
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write('\n');
  }
}

/** A new secret, asked twice. */
export async function askNewSecret(
  terminal: Terminal,
  question: string,
  instead: string,
  signal: AbortSignal,
): Promise<string> {
  const first = await askSecret(terminal, question, instead, signal);
  const again = await askSecret(terminal, `${question}, again`, instead, signal);
  if (first !== again) throw new HostFailure('HOST_FAILED', 'The two are not the same. Nothing was changed.');
  return first;
}

function readLine(input: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let typed: string[] = [];
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      input.off('data', onData);
      input.off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = () => finish(() => reject(signal.reason));
    const onEnd = () => finish(() => reject(new HostFailure('HOST_FAILED', 'The terminal was closed.')));
    const onData = (chunk: Buffer) => {
      for (const char of decoder.write(chunk)) {
        if (ENTER.test(char)) return finish(() => resolve(typed.join('')));
        if (char === CTRL_C) return finish(() => reject(new Interrupted('SIGINT')));
        if (char === CTRL_D && typed.length === 0) return onEnd();
        if (char === CTRL_U) typed = [];
        else if (BACKSPACE.has(char)) typed.pop();
        else if (char >= ' ') typed.push(char);
      }
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    input.on('data', onData);
    input.on('end', onEnd);
  });
}
