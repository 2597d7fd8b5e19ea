import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Demo {
  readonly workspace: string;
  readonly mail: string;
  readonly password: string;
  readonly passphrase: string;
}

/** The platform that `qm demo` makes: forty users with documents in the built-in store. */
export async function makeDemo(root: string, dir: string, env: Readonly<Record<string, string>>): Promise<Demo> {
  const args = [join(root, 'out/main/qm.js'), 'demo', '--dir', dir];
  await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, timeout: 240_000 });
  const secret = (file: string) => readFileSync(join(dir, file), 'utf8').trim();
  return {
    workspace: join(dir, 'workspace'),
    mail: 'root@example.org',
    password: secret('password'),
    passphrase: secret('passphrase'),
  };
}
