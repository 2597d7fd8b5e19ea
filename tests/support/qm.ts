import { spawn } from 'node:child_process';
import { join } from 'node:path';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'qm.mjs');

export interface QmResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real, built `qm` on one workspace, as a person or a script would start it. */
export interface Qm {
  run(...args: string[]): Promise<QmResult>;
  /** Expects exit 0 and answers standard output. */
  ok(...args: string[]): Promise<string>;
  /** With `--json`: the answer on exit 0; rejects with code and message of the error otherwise. */
  json<Answer>(...args: string[]): Promise<Answer>;
}

export function qmIn(workspace: string, env: Readonly<Record<string, string>> = {}, timeoutMs = 280_000): Qm {
  const run = (...args: string[]): Promise<QmResult> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [BIN, ...args], {
        // No desktop session of whoever runs the tests is to be reached.
        env: {
          PATH: process.env.PATH ?? '',
          HOME: workspace,
          DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
          QM_WORKSPACE: workspace,
          // The test command has built already.
          ...(process.env.QM_NO_BUILD ? { QM_NO_BUILD: '1' } : {}),
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  return {
    run,
    async ok(...args) {
      const { code, stdout, stderr } = await run(...args);
      if (code !== 0) throw new Error(`qm ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
      return stdout;
    },
    async json<Answer>(...args: string[]) {
      const { code, stdout, stderr } = await run('--json', ...args);
      if (code !== 0) throw new Error(`qm ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
      return JSON.parse(stdout) as Answer; // The caller names the shape that the command documents.
    },
  };
}
