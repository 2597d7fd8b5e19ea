import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { built, quiet, scratch } from '../support/qm-process.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'qm.mjs');
const SCRIPT = '/usr/bin/script';

interface Seen {
  readonly code: number | null;
  /** Everything that the terminal showed. */
  readonly shown: string;
}

/**
 * Runs `qm` on a real terminal (a pseudo-terminal of util-linux's `script`), of 60 columns, and types an answer whenever the
 * terminal shows the next question.
 */
function onTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  answers: readonly (readonly [question: string, typed: string])[],
): Promise<Seen> {
  const words = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn(SCRIPT, ['-qec', `stty cols 60 rows 24; exec ${words}`, '/dev/null'], {
    env: { PATH: process.env.PATH ?? '', SHELL: '/bin/sh', TERM: 'xterm', ...quiet, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  const left = [...answers];
  let [shown, read] = ['', 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const next = left[0];
    const at = next ? shown.indexOf(next[0], read) : -1;
    if (!next || at === -1) return;
    read = at + next[0].length;
    left.shift();
    child.stdin.write(next[1]);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, shown }));
  });
}

describe.skipIf(process.platform !== 'linux' || !existsSync(SCRIPT))('R3: on a terminal', { timeout: 300_000 }, () => {
  const place = scratch();
  const workspace = join(place.dir, 'workspace');
  const env = { HOME: place.dir, QM_WORKSPACE: workspace, QM_ADMIN: 'root@example.org' };
  const PASSWORD = 'typed pässword 漢字';
  const PASSPHRASE = 'typed passphrase';
  const setUp = ['setup', '--mail', 'root@example.org', '--name', 'Root'];

  beforeAll(() => built());
  afterAll(() => place.dispose());

  test('two answers that differ: nothing is made', async () => {
    const { code, shown } = await onTerminal(setUp, env, [
      ['administrator: ', `${PASSWORD}\r`],
      ['again: ', 'something else\r'],
    ]);
    expect(code).toBe(1);
    expect(shown).toContain('not the same');
    expect(existsSync(workspace)).toBe(false);
  });

  test('set-up asks for password and passphrase twice, and shows neither', async () => {
    const { code, shown } = await onTerminal(setUp, env, [
      // Ctrl-U begins again, backspace takes one character back.
      ['administrator: ', `wrong\u0015${PASSWORD}x\u007f\r`],
      ['again: ', `${PASSWORD}\r`],
      ['vault: ', `${PASSPHRASE}\r`],
      ['again: ', `${PASSPHRASE}\r`],
    ]);
    expect(code, shown).toBe(0);
    expect(shown).toContain('Fingerprint of the audit key');
    for (const secret of [PASSWORD, PASSPHRASE, 'wrong', 'pässword']) expect(shown).not.toContain(secret);
  });

  test('a command asks for the passphrase and the password; its table fits the terminal', async () => {
    const { code, shown } = await onTerminal(['users', 'list'], env, [
      ['vault: ', `${PASSPHRASE}\r`],
      ['Password: ', `${PASSWORD}\r`],
    ]);
    expect(code, shown).toBe(0);
    expect(shown).toContain('root@exampl');
    expect(shown).not.toContain(PASSWORD);
    const lines = shown.slice(shown.indexOf('MAIL'), shown.indexOf('Too narrow')).split(/\r?\n/);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(60);
  });

  test('Ctrl-C at the question ends the command with 130', async () => {
    const { code, shown } = await onTerminal(
      ['users', 'list', '--passphrase-file', place.file('passphrase', PASSPHRASE)],
      env,
      [['Password: ', 'abc\u0003']],
    );
    expect(code, shown).toBe(130);
    expect(shown).not.toContain('abc');
  });

  test('long work draws its progress in place, on one line', async () => {
    const { code, shown } = await onTerminal(['demo', '--dir', join(place.dir, 'demo')], env, []);
    expect(code, shown).toBe(0);
    expect(shown).toMatch(/\r\u001b\[2KMaking the demo: \d+ of 37 users/);
    // Redrawn many times, and yet it left one line.
    expect(shown.split('\n').filter((line) => line.includes('Making the demo'))).toHaveLength(1);
  });
});
