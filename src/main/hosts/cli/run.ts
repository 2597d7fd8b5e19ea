import { CommanderError } from 'commander';
import { type ExitCode, exitCodes, failureOf, Interrupted, nextStep } from './failures.ts';
import { listenForInterruption } from './interruption.ts';
import { Invocation } from './invocation.ts';
import { isAnswer, makeProgram, usageOf } from './program.ts';
import { type Terminal, write } from './terminal.ts';
import { printable } from './text.ts';
import type { Outcome } from './verb.ts';

/**
 * Runs one command and answers its exit code. Standard output gets the answer alone; with `--json` that is exactly one JSON
 * value, for an error too.
 */
export async function runCommand(args: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  const isJson = wantsJson(args);
  let exit: ExitCode = exitCodes.done;
  const help: string[] = [];
  const program = makeProgram(
    version,
    async (run, globals) => {
      const interruption = listenForInterruption(() => {
        if (!isJson) terminal.stderr.write('\nStopping … Ctrl-C again ends at once.\n');
      });
      const invocation = new Invocation(terminal, globals, interruption.signal);
      try {
        const outcome = await interruption.race(run(invocation));
        invocation.progress.end();
        exit = outcome.exit ?? exitCodes.done;
        // Closed first: what the answer says is then true of the files too. Others' work is not waited for with it.
        const hasGuests = invocation.hasGuests;
        if (!hasGuests) await invocation.close();
        await print(outcome, isJson, terminal);
        if (hasGuests) await invocation.close();
      } catch (error) {
        invocation.progress.end();
        await invocation.close();
        throw interruption.signal.aborted && !(error instanceof Interrupted) ? interruption.signal.reason : error;
      } finally {
        interruption.stop();
      }
    },
    (text) => help.push(text),
  );
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && isAnswer(error)) {
      const text = help.join('').trim();
      await write(terminal.stdout, isJson ? `${JSON.stringify({ help: text })}\n` : `${text}\n`);
      return exitCodes.done;
    }
    // A group without a verb asks which verbs there are: the help comes with the complaint.
    if (help.length > 0 && !isJson) await write(terminal.stderr, `${help.join('').trim()}\n\n`);
    return complain(error instanceof CommanderError ? usageOf(error) : error, isJson, terminal);
  }
}

async function print(outcome: Outcome, isJson: boolean, terminal: Terminal): Promise<void> {
  await write(terminal.stdout, isJson ? `${JSON.stringify(outcome.value)}\n` : `${outcome.text}\n`);
}

async function complain(error: unknown, isJson: boolean, terminal: Terminal): Promise<ExitCode> {
  const { code, message, data, exit } = failureOf(error);
  if (terminal.env.QM_DEBUG) await write(terminal.stderr, `${inspect(error)}\n`);
  if (isJson) {
    await write(terminal.stdout, `${JSON.stringify({ error: { code, message, data } })}\n`);
    return exit;
  }
  const next = nextStep({ code, data });
  const lines = [`qm: ${printable(message)} [${code}]`, ...(next ? [`    Next: ${next}`] : [])];
  if (code === 'USAGE')
    lines.push("    'qm --help', 'qm GROUP --help' and 'qm GROUP VERB --help' say how it is written.");
  await write(terminal.stderr, `${lines.join('\n')}\n`);
  return exit;
}

function inspect(error: unknown): string {
  return error instanceof Error
    ? `${error.stack}${error.cause ? `\ncaused by ${inspect(error.cause)}` : ''}`
    : String(error);
}

/** Known before anything is parsed, so that bad usage is told in JSON too. What follows `--` is no option. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}
