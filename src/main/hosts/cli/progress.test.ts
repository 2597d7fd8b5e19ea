import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openPace, openProgress } from './progress.ts';

function stream(isTTY: boolean) {
  const written: string[] = [];
  const through = new PassThrough();
  through.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  // The parts of a terminal's stream that progress looks at.
  const fake = Object.assign(through, { isTTY, columns: 40 }) as unknown as NodeJS.WriteStream;
  return { fake, text: () => written.join('') };
}

const step = (n: number, isTurn = false) => ({ facts: { n }, line: `step ${n}`, isTurn });

test('for scripts: a JSON object a line, and the last one is never lost', () => {
  let now = 0;
  const { fake, text } = stream(false);
  const progress = openProgress({ stream: fake, json: true, now: () => now });
  for (let n = 0; n < 100; n += 1, now += 50) progress.show(step(n));
  progress.end();
  const lines = text()
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines.length).toBeLessThanOrEqual(7);
  expect(lines.at(-1)).toEqual({ n: 99 });
});

test('on a terminal: one line drawn in place, ended once', () => {
  let now = 0;
  const { fake, text } = stream(true);
  const progress = openProgress({ stream: fake, json: false, now: () => now });
  progress.show(step(1));
  now += 200;
  progress.show({ ...step(2), line: 'x'.repeat(100) });
  progress.end();
  progress.end();
  expect(text()).toBe(`\r\u001b[2Kstep 1\r\u001b[2K${'x'.repeat(38)}…\n`);
});

test('in a file: plain lines, few of them, but every turn', () => {
  let now = 0;
  const { fake, text } = stream(false);
  const progress = openProgress({ stream: fake, json: false, now: () => now });
  for (let n = 0; n < 60; n += 1, now += 100) progress.show(step(n, n === 30));
  progress.end();
  expect(text()).toBe('step 0\nstep 30\nstep 59\n');
});

test('pace and time left go by what was done since it was first seen', () => {
  let now = 0;
  const pace = openPace(() => now);
  expect(pace(1000, 3000)).toBeNull();
  now = 2000;
  expect(pace(2000, 3000)).toEqual({ perSecond: 500, leftMs: 2000 });
  expect(pace(1000, 3000)).toBeNull();
});
