import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { startServe } from '../../serve/serve.ts';
import { exitCodes, Interrupted, UsageError } from '../failures.ts';
import { type Carry, describe, negated, wholeNumber } from '../verb.ts';

export function addServe(program: Command, carry: Carry): void {
  const command = program
    .command('serve')
    .description('Run the console in a browser on this machine, and do the work that waits.');
  describe(command, carry, {
    options: {
      port: wholeNumber('--port <number>', 'of 127.0.0.1; a free one unless said otherwise'),
      open: negated('open', 'do not open a browser window'),
    },
    examples: ['serve', 'serve --no-open --port 7070 --workspace ~/platform'],
    async run(_given, { port, open }, invocation) {
      if (port !== undefined && port > 65_535) throw new UsageError('A port is a number up to 65535.');
      const { signal, terminal, isJson } = invocation;
      const opened = await invocation.open({ motor: true, create: true, host: 'serve' });
      const server = await startServe({
        openLine: opened.openLine,
        isBesideAnother: opened.owned() === null,
        workspaceDir: invocation.workspaceDir,
        open: open !== false,
        log: invocation.log,
        terminal: { input: terminal.stdin, output: isJson ? nowhere() : terminal.stdout },
        ...(port === undefined ? {} : { port }),
      });
      const { address, openingFile } = server;
      if (isJson) terminal.stderr.write(`${JSON.stringify({ serving: { address, openingFile } })}\n`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await server.close();
      const exit = signal.reason instanceof Interrupted ? signal.reason.exit : exitCodes.done;
      return {
        value: { address, ended: true },
        text: 'Ended. What was under way goes on at the next start.',
        exit,
      };
    },
  });
}

/** What is said to people, where scripts listen. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
