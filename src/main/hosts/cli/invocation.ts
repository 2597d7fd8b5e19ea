import type { ConsoleClient } from '../../../contract/index.ts';
import type { Log, Origin } from '../../ground.ts';
import { revealSecret, Secret } from '../../secret.ts';
import { defaultWorkspaceDir } from '../default-workspace.ts';
import { openHostLog } from '../host-log.ts';
import { type OpenedWorkspace, openWorkspace } from '../owner/open-workspace.ts';
import { UsageError } from './failures.ts';
import { readSecret, StandardInput } from './input-files.ts';
import { openProgress, type Progress } from './progress.ts';
import { askNewSecret, askSecret } from './prompt.ts';
import { askable, columnsOf, type Terminal } from './terminal.ts';
import { tellWhatWaits } from './waiting-work.ts';

/** What was written of the options that every command takes. */
export interface GlobalOptions {
  readonly workspace?: string;
  readonly admin?: string;
  readonly json?: boolean;
  readonly passwordStdin?: boolean;
  readonly passwordFile?: string;
  readonly passphraseFile?: string;
}

export interface SignedInConsole {
  readonly client: ConsoleClient;
  readonly userId: string;
  /** Asks for the password again where it has been forgotten, and proves it to the console: before what cannot be undone. */
  stepUp(): Promise<void>;
}

export interface OpenOptions {
  /** Whether this process does the work of deletions. */
  readonly motor?: boolean;
  readonly create?: boolean;
  /** Which host this is in the log of acts (A3). */
  readonly host?: Origin['host'];
  /** Leaves a vault that has a passphrase as it is found: locked. */
  readonly leaveLocked?: boolean;
  /** Another workspace than the one that was named. */
  readonly workspaceDir?: string;
}

const HOW_PASSWORD = 'Give it with --password-file F, --password-stdin or QM_PASSWORD_FILE.';
const HOW_PASSPHRASE = 'Give it with --passphrase-file F or QM_PASSPHRASE_FILE.';

/** One run of one command: its terminal, its global options, the console that it opens, and what must be closed after it. */
export class Invocation {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly stdin: StandardInput;
  readonly #globals: GlobalOptions;
  readonly #closing: (() => Promise<void>)[] = [];
  #opened: OpenedWorkspace | undefined;
  #password: Secret | undefined;

  constructor(terminal: Terminal, globals: GlobalOptions, signal: AbortSignal) {
    this.terminal = terminal;
    this.signal = signal;
    this.#globals = globals;
    this.stdin = new StandardInput(terminal.stdin);
    this.progress = openProgress({ stream: terminal.stderr, json: this.isJson, now: terminal.now });
  }

  get isJson(): boolean {
    return this.#globals.json === true;
  }

  /** Columns of the terminal that results go to; undefined where they go into a file or a pipe. */
  get width(): number | undefined {
    return columnsOf(this.terminal.stdout);
  }

  get workspaceDir(): string {
    return this.#globals.workspace ?? this.#env('QM_WORKSPACE') ?? defaultWorkspaceDir(this.terminal.env);
  }

  get log(): Log {
    return this.#logIn(this.workspaceDir);
  }

  #logIn(workspaceDir: string): Log {
    const { now, stderr } = this.terminal;
    return openHostLog(workspaceDir, { file: 'qm.log', now, alsoTo: this.#env('QM_DEBUG') ? stderr : null });
  }

  /** A remark for people, on standard error; with `--json` a line of JSON. */
  say(text: string): void {
    this.progress.end();
    this.terminal.stderr.write(this.isJson ? `${JSON.stringify({ note: text })}\n` : `${text}\n`);
  }

  /**
   * Opens the console on the workspace, or a line to the one that another process has opened on it; closed by itself when
   * the command has ended.
   */
  async open(options: OpenOptions = {}): Promise<OpenedWorkspace> {
    const passphrase = options.leaveLocked ? undefined : await this.#passphraseFromFile();
    const workspaceDir = options.workspaceDir ?? this.workspaceDir;
    const opened = await openWorkspace({
      workspaceDir,
      create: options.create ?? false,
      host: options.host ?? 'qm',
      motor: options.motor ?? false,
      log: this.#logIn(workspaceDir),
      signal: this.signal,
      onStaying: () => this.say('Another command works through this one, so this one stays until that has ended.'),
      ...(passphrase ? { passphrase } : {}),
    });
    this.#opened = opened;
    this.#closing.push(() => opened.close());
    return opened;
  }

  /** Whether this command works on a console that another process has opened. */
  get isGuest(): boolean {
    return this.#opened !== undefined && this.#opened.owned() === null;
  }

  /** Whether another command is at work on the console of this one, so that closing has to wait for it. */
  get hasGuests(): boolean {
    return this.#opened?.owned()?.reception.hasGuests() ?? false;
  }

  /** Opens the console and signs in as the administrator that was named; signed out again when the command has ended. */
  async signIn(options: OpenOptions = {}): Promise<SignedInConsole> {
    const mail = this.#administrator();
    const client = (await this.open(options)).client();
    await this.#unlockByHand(client);
    const password = await this.password();
    const { signedIn } = await client.session.signIn({ mail, password: revealSecret(password, 'sign-in') });
    this.#closing.push(async () => {
      await client.session.signOut({});
    });
    if (!signedIn.passwordMustChange && !this.isJson) await tellWhatWaits(client, (text) => this.say(text), options);
    return {
      client,
      userId: signedIn.userId,
      stepUp: async () => {
        await client.session.stepUp({
          password: revealSecret(password, 'asked for again before what cannot be undone'),
        });
      },
    };
  }

  /** The administrator's password, from wherever it was given; read once. */
  async password(): Promise<Secret> {
    this.#password ??= await this.#readPassword();
    return this.#password;
  }

  /** A new password of the administrator's, at set-up: asked twice where it is asked. */
  async newPassword(): Promise<Secret> {
    return (await this.#givenPassword()) ?? (await this.newSecret('Password of the first administrator', HOW_PASSWORD));
  }

  /** A passphrase that was given or can be asked; undefined where neither is so. */
  async newPassphrase(): Promise<Secret | undefined> {
    const given = await this.#passphraseFromFile();
    if (given || !askable(this.terminal)) return given;
    return this.newSecret('Passphrase for the vault', HOW_PASSPHRASE);
  }

  /** Passphrase of a vault that exists. */
  async passphrase(): Promise<Secret> {
    return (await this.#passphraseFromFile()) ?? (await this.secret('Passphrase of the vault', HOW_PASSPHRASE));
  }

  /** Whether a passphrase was named by option or environment. */
  get hasPassphraseFile(): boolean {
    return this.#passphraseFile() !== undefined;
  }

  async secret(question: string, instead: string): Promise<Secret> {
    return new Secret(await askSecret(this.terminal, question, instead, this.signal));
  }

  async newSecret(question: string, instead: string): Promise<Secret> {
    return new Secret(await askNewSecret(this.terminal, question, instead, this.signal));
  }

  /** A secret of a file that an option names, else asked. */
  async secretOf(file: string | undefined, what: string, option: string): Promise<Secret> {
    if (file !== undefined) return readSecret(file, what, this.stdin);
    return this.secret(capital(what), `Give it with ${option} F.`);
  }

  /** Closes what was opened, the newest first. What fails there does not hide how the command itself ended. */
  async close(): Promise<void> {
    this.progress.end();
    for (const close of this.#closing.splice(0).reverse())
      try {
        await close();
      } catch (error) {
        if (this.#env('QM_DEBUG')) this.terminal.stderr.write(`${String(error)}\n`);
      }
  }

  async #unlockByHand(client: ConsoleClient): Promise<void> {
    if (this.hasPassphraseFile || !askable(this.terminal)) return;
    const { vault } = await client.session.state({});
    if (vault.state !== 'locked' || vault.way !== 'passphrase') return;
    const passphrase = await this.passphrase();
    await client.vault.unlock({ passphrase: revealSecret(passphrase, 'unlocking the vault') });
  }

  #administrator(): string {
    const mail = this.#globals.admin ?? this.#env('QM_ADMIN');
    if (mail === undefined)
      throw new UsageError('Who are you? Name the administrator by mail address with --admin or QM_ADMIN.');
    return mail;
  }

  async #readPassword(): Promise<Secret> {
    return (await this.#givenPassword()) ?? (await this.secret('Password', HOW_PASSWORD));
  }

  #givenPassword(): Promise<Secret> | undefined {
    const { passwordStdin, passwordFile } = this.#globals;
    if (passwordStdin && passwordFile !== undefined)
      throw new UsageError('Give the password with --password-stdin or with --password-file, not with both.');
    if (passwordStdin) return readSecret('-', 'the password', this.stdin);
    const file = passwordFile ?? this.#env('QM_PASSWORD_FILE');
    return file === undefined ? undefined : readSecret(file, 'the password', this.stdin);
  }

  async #passphraseFromFile(): Promise<Secret | undefined> {
    const file = this.#passphraseFile();
    return file === undefined ? undefined : readSecret(file, 'the passphrase', this.stdin);
  }

  #passphraseFile(): string | undefined {
    return this.#globals.passphraseFile ?? this.#env('QM_PASSPHRASE_FILE');
  }

  /** An empty variable is as good as none. */
  #env(name: string): string | undefined {
    return this.terminal.env[name] || undefined;
  }
}

function capital(text: string): string {
  return text.replace(/^the /, '').replace(/^./, (first) => first.toUpperCase());
}
