import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon'];
const PASSWORD = 'password of the login keyring';
const LOGIN = '/org/freedesktop/secrets/collection/login';

/** What is missing on this machine for a real Secret Service, or null: then the tests with it can run. */
export function missingForKeyring(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const missing = PROGRAMS.filter((name) => !folders.some((folder) => isExecutable(join(folder, name))));
  return process.platform !== 'linux' ? 'Linux' : missing.length > 0 ? missing.join(', ') : null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A gnome-keyring of its own on a D-Bus of its own: nothing of the machine's keychain is seen or touched. */
export interface Keyring {
  /** For child processes that are to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes it this process's own. D-Bus remembers the address, so one keyring per process. */
  use(): void;
  /** Locks the collection while the service runs on, as a screen lock may do. */
  lock(): Promise<void>;
  /** Starts the service anew: `unlocked` by its password, or `locked` as after a start nobody has signed in to. */
  restart(as: 'unlocked' | 'locked'): Promise<void>;
  /** Ends the service; the bus stays. */
  stop(): Promise<void>;
  /** Starts anew, unlocked, with nothing in it: a new account, or one whose keyring file was lost. */
  empty(): Promise<void>;
  /** The service stops answering without going away, as behind a prompt that nobody answers. */
  freeze(): void;
  thaw(): void;
  dispose(): Promise<void>;
}

export async function startKeyring(): Promise<Keyring> {
  const dir = mkdtempSync(join(tmpdir(), 'qm-keyring-'));
  const bus = await startBus(dir);
  const home = join(dir, 'home');
  const env = {
    DBUS_SESSION_BUS_ADDRESS: bus.address,
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_RUNTIME_DIR: join(dir, 'run'),
  };
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  let service: ChildProcess | null = null;

  function send(...args: string[]): Promise<{ stdout: string }> {
    return run('dbus-send', [`--bus=${bus.address}`, '--print-reply', ...args], { timeout: 10_000 });
  }

  async function isThere(): Promise<boolean> {
    const { stdout } = await send(
      '--dest=org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.NameHasOwner',
      'string:org.freedesktop.secrets',
    );
    return stdout.includes('true');
  }

  async function hasCollection(): Promise<boolean> {
    const { stdout } = await send(
      '--dest=org.freedesktop.secrets',
      '/org/freedesktop/secrets',
      'org.freedesktop.Secret.Service.ReadAlias',
      'string:default',
    );
    return stdout.includes(LOGIN);
  }

  async function start(as: 'unlocked' | 'locked'): Promise<void> {
    mkdirSync(env.XDG_DATA_HOME, { recursive: true, mode: 0o700 });
    const args = ['--foreground', '--components=secrets', ...(as === 'unlocked' ? ['--unlock'] : [])];
    service = spawn('gnome-keyring-daemon', args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    service.stdin?.end(as === 'unlocked' ? PASSWORD : '');
    await until(isThere, 'gnome-keyring-daemon did not come up');
    // It takes its name before it has read its password and made its first collection.
    if (as === 'unlocked') await until(hasCollection, 'gnome-keyring-daemon has no collection');
  }

  async function stop(): Promise<void> {
    await end(service);
    service = null;
    await until(async () => !(await isThere()), 'gnome-keyring-daemon did not go');
  }

  async function restart(as: 'unlocked' | 'locked'): Promise<void> {
    await stop();
    await start(as);
  }

  await start('unlocked');
  return {
    env,
    use() {
      process.env.DBUS_SESSION_BUS_ADDRESS = bus.address;
    },
    async lock() {
      const { stdout } = await send(
        '--dest=org.freedesktop.secrets',
        '/org/freedesktop/secrets',
        'org.freedesktop.Secret.Service.Lock',
        `array:objpath:${LOGIN}`,
      );
      if (!stdout.includes(LOGIN)) throw new Error('the collection was not locked');
    },
    restart,
    stop,
    async empty() {
      await stop();
      rmSync(env.XDG_DATA_HOME, { recursive: true, force: true });
      await start('unlocked');
    },
    freeze: () => void service?.kill('SIGSTOP'),
    thaw: () => void service?.kill('SIGCONT'),
    async dispose() {
      service?.kill('SIGCONT');
      await end(service);
      await end(bus.process);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A bus without any service to activate: what is not started here is not there. */
async function startBus(dir: string): Promise<{ address: string; process: ChildProcess }> {
  const config = join(dir, 'bus.conf');
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <type>session</type>
      <listen>unix:path=${join(dir, 'bus')}</listen>
      <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
    </busconfig>`,
  );
  const daemon = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    daemon.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
    daemon.once('error', reject);
    daemon.once('exit', () => reject(new Error('dbus-daemon did not start')));
  });
  return { address, process: daemon };
}

async function end(child: ChildProcess | null): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await Promise.race([gone, sleep(3_000)]);
  child.kill('SIGKILL');
  await gone;
}

async function until(holds: () => Promise<boolean>, message: string): Promise<void> {
  for (let tried = 0; tried < 200; tried += 1) {
    if (await holds()) return;
    await sleep(25);
  }
  throw new Error(message);
}
