import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepMemoryOutOfCoreDumps } from './core-dumps.ts';

const isLinux = process.platform === 'linux';
/** Where the kernel writes cores: a plain name means into the folder of the process that dies. */
const pattern = isLinux ? readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim() : '';
const corePatternIsPlain = /^[^|/]+$/.test(pattern);

describe.skipIf(!isLinux)('core dumps', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'qm-core-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** Starts a process with the limit raised, that holds a secret which is in no file; aborts it; answers its filter. */
  async function crash(protect: boolean): Promise<{ filter: string; secret: Buffer; signal: NodeJS.Signals | null }> {
    const script = join(dir, 'holds-a-secret.ts');
    writeFileSync(
      script,
      `import { readFileSync } from 'node:fs';
      import { randomBytes } from 'node:crypto';
      import { keepMemoryOutOfCoreDumps } from ${JSON.stringify(join(import.meta.dirname, 'core-dumps.ts'))};
      if (${protect} && !keepMemoryOutOfCoreDumps()) process.exit(1);
      const held = Buffer.from(randomBytes(32).toString('hex'));
      process.stdout.write(JSON.stringify({ filter: readFileSync('/proc/self/coredump_filter', 'utf8').trim(), reversed: held.toString().split('').reverse().join('') }) + '\\n');
      setInterval(() => held.length, 1000);`,
    );
    const child = spawn('sh', ['-c', 'ulimit -c unlimited 2>/dev/null; exec "$0" "$@"', process.execPath, script], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('exit', (_code, signal) => resolve(signal)),
    );
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      child.once('exit', () => reject(new Error('the process ended before it held its secret')));
    });
    const { filter, reversed } = JSON.parse(line) as { filter: string; reversed: string }; // Written by the script above.
    child.kill('SIGABRT');
    return { filter, secret: Buffer.from([...reversed].reverse().join('')), signal: await gone };
  }

  function cores(): string[] {
    return readdirSync(dir)
      .filter((name) => !name.endsWith('.ts'))
      .map((name) => join(dir, name));
  }

  async function holds(file: string, secret: Buffer): Promise<boolean> {
    let tail = Buffer.alloc(0);
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 22 }) as AsyncIterable<Buffer>) {
      // Buffers by the stream's default.
      const joined = Buffer.concat([tail, chunk]);
      if (joined.includes(secret)) return true;
      tail = joined.subarray(-secret.length);
    }
    return false;
  }

  test('the filter of the process is empty, and that of a process which did not ask for it is not', async () => {
    expect((await crash(true)).filter).toBe('00000000');
    expect((await crash(false)).filter).not.toBe('00000000');
  });

  test.skipIf(!corePatternIsPlain)(
    `a core that was really written holds no secret (cores here: ${pattern})`,
    async (context) => {
      const plain = await crash(false);
      expect(plain.signal).toBe('SIGABRT');
      const written = cores();
      if (written.length === 0) context.skip('no core is written here, whatever the limit');
      expect(await holds(written[0] ?? '', plain.secret)).toBe(true); // Or the next lines would prove nothing.
      for (const file of written) rmSync(file);
      const protectedOne = await crash(true);
      expect(protectedOne.signal).toBe('SIGABRT');
      for (const file of cores()) {
        expect(await holds(file, protectedOne.secret)).toBe(false);
        expect(statSync(file).size).toBeLessThan(1 << 20);
      }
    },
  );

  test('a kernel that does not take it is answered with false, not with an error', () => {
    expect(keepMemoryOutOfCoreDumps(join(dir, 'not', 'there'))).toBe(false);
  });
});
