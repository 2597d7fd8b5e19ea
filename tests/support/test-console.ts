import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsoleClient } from '../../src/contract/index.ts';
import { type Console, type ConsoleOptions, openConsole } from '../../src/main/console.ts';
import { machine } from '../../src/main/hosts/host-environment.ts';
import type { Connection } from '../../src/main/router/index.ts';
import { FakeKeychain } from './fake-keychain.ts';

export const ROOT = { mail: 'root@example.org', name: 'Root', password: 'correct horse battery' };

export interface TestConsole {
  readonly dir: string;
  readonly keychain: FakeKeychain;
  readonly console: Console;
  readonly connection: Connection;
  readonly client: ConsoleClient;
  /** Lines that the console logged. */
  readonly log: string[];
  /** Closes and opens again on the same files. */
  reopen(): Promise<TestConsole>;
  dispose(): Promise<void>;
}

/** A console on a real workspace in a temporary folder, with a keychain in memory. */
export async function openTestConsole(
  overrides: Partial<ConsoleOptions> & { keychain?: FakeKeychain; dir?: string } = {},
): Promise<TestConsole> {
  const dir = overrides.dir ?? mkdtempSync(join(tmpdir(), 'qm-test-'));
  const keychain = overrides.keychain ?? new FakeKeychain();
  const log: string[] = [];
  const console = await openConsole({
    ...machine,
    workspaceDir: dir,
    create: true,
    origin: { machine: 'test', osAccount: 'tester', networkAddress: null, host: 'qm' },
    motor: true,
    log: (event, facts) => log.push(JSON.stringify({ event, ...facts })),
    ...overrides,
    keychain,
  });
  const connection = console.connect();
  return {
    dir,
    keychain,
    console,
    connection,
    client: console.client(connection),
    log,
    async reopen() {
      await console.close();
      return openTestConsole({ ...overrides, dir, keychain });
    },
    async dispose() {
      await console.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The same, set up, and signed in as its first administrator. */
export async function openSetUpConsole(overrides: Parameters<typeof openTestConsole>[0] = {}): Promise<TestConsole> {
  const opened = await openTestConsole(overrides);
  await opened.client.session.setUp(ROOT);
  return opened;
}

export async function signIn(opened: TestConsole): Promise<void> {
  await opened.client.session.signIn({ mail: ROOT.mail, password: ROOT.password });
}
