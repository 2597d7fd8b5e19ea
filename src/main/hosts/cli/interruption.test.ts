import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

const MODULE = join(import.meta.dirname, 'interruption.ts');

/** A program that works until it is told to stop, or, where `obeys` is false, for a minute whatever it is told. */
function startWorking(obeys: boolean): {
  child: ChildProcess;
  heard: Promise<void>;
  ended: Promise<{ code: number | null; output: string }>;
} {
  const script = `
    import { listenForInterruption } from ${JSON.stringify(MODULE)};
    const interruption = listenForInterruption(() => console.log('heard'));
    const work = new Promise((resolve) => {
      const timer = setTimeout(resolve, 60_000);
      if (${obeys}) interruption.signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); });
    });
    console.log('working');
    await interruption.race(work).then(() => console.log('stopped by itself'), (error) => console.log(error.message, error.exit));
    process.exit(interruption.signal.reason.exit);
  `;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const until = (word: string) =>
    new Promise<void>((resolve) => {
      child.stdout?.on('data', () => output.includes(word) && resolve());
    });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const heard = until('heard');
  void until('working').then(() => child.kill('SIGINT'));
  return { child, heard, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, output }))) };
}

test('the first Ctrl-C lets the work stop by itself', async () => {
  const { ended } = startWorking(true);
  expect(await ended).toEqual({ code: 130, output: 'working\nheard\nstopped by itself\n' });
});

test('echoes of it, from npm and from the launcher, do not count as a second one', async () => {
  const { child, heard, ended } = startWorking(false);
  await heard;
  child.kill('SIGINT');
  child.kill('SIGINT');
  await sleep(300);
  expect(child.exitCode).toBeNull();
  child.kill('SIGKILL');
  expect((await ended).output).toBe('working\nheard\n');
});

test('a second one, a moment later, ends at once', async () => {
  const { child, heard, ended } = startWorking(false);
  await heard;
  await sleep(600);
  const asked = Date.now();
  child.kill('SIGINT');
  expect(await ended).toEqual({ code: 130, output: 'working\nheard\n' });
  expect(Date.now() - asked).toBeLessThan(5_000);
});

test('work that does not stop is left where it is after a while', async () => {
  const { ended } = startWorking(false);
  expect(await ended).toEqual({ code: 130, output: 'working\nheard\nStopped. 130\n' });
}, 40_000);
