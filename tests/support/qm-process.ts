import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QmResult } from './qm.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'qm.mjs');

/** Built once by `built`, nothing of the machine's own keychain. */
export const quiet = { QM_NO_BUILD: '1', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } as const;

/** Makes sure that `qm` is built from the sources as they are, so that no command says that it builds. */
export function built(): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'ensure-build.mjs')], { stdio: 'ignore', timeout: 300_000 });
}

export interface StartOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** Another program that starts it, with its arguments before the real ones. */
  readonly through?: readonly string[];
  readonly timeoutMs?: number;
}

/** The real `qm` while it runs: what it says so far, and signals to it. */
export interface QmProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<QmResult>;
  /** Resolves with the first line of standard error for which `isIt` holds; rejects when it ends before. */
  saying(isIt: (line: string) => boolean): Promise<string>;
}

export function startQm(
  args: readonly string[],
  { env, stdin, through = [], timeoutMs = 120_000 }: StartOptions,
): QmProcess {
  const [program = process.execPath, ...before] = [...through, process.execPath];
  const child = spawn(program, [...before, BIN, ...args], {
    env: { PATH: process.env.PATH ?? '', ...quiet, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {}); // It may end without reading.
  child.stdin.end(stdin ?? '');
  let [stdout, stderr] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<QmResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    ended,
    saying: (isIt) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const line = stderr.split('\n').slice(0, -1).find(isIt);
          if (line === undefined) return;
          listeners.delete(look);
          resolve(line);
        };
        listeners.add(look);
        look();
        ended.then(
          ({ code }) => reject(new Error(`qm ended with ${code} before it said that\n${stdout}${stderr}`)),
          reject,
        );
      }),
  };
}

/** A folder for one test file with files in it; removed by `dispose`. */
export function scratch(): { readonly dir: string; file(name: string, content: string): string; dispose(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'qm-cli-'));
  return {
    dir,
    file(name, content) {
      const path = join(dir, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    },
    dispose: () => rmSync(dir, { recursive: true, force: true }),
  };
}
