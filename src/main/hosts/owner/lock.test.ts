import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { isRefusal } from '../../refusal.ts';
import { takeOwnership } from './lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'qm-owner-'));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** Another process that takes the workspace, says so, and holds it until it is killed. */
async function anotherOwner() {
  const script = `import { takeOwnership } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    globalThis.lock = takeOwnership(${JSON.stringify(dir)}); console.log('owned'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  children.push(child);
  return child;
}

test('R6: a second process is refused with the owner’s process id, and takes over when the owner was killed', async () => {
  const owner = await anotherOwner();
  try {
    takeOwnership(dir);
    throw new Error('two owners');
  } catch (error) {
    if (!isRefusal(error, 'WORKSPACE_OWNED')) throw error;
    expect(error.data).toEqual({ processId: owner.pid });
    expect(error.message).toContain(String(owner.pid));
  }
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  const lock = takeOwnership(dir);
  expect(statSync(join(dir, 'owner.lock')).mode & 0o777).toBe(0o600);
  lock.release();
  takeOwnership(dir).release();
});
