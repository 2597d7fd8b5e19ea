import { version } from '../../../../package.json';
import { runCommand } from './run.ts';
import { processTerminal } from './terminal.ts';

const code = await runCommand(process.argv.slice(2), processTerminal(), version);
// What is still open by now (a keychain's connection, a timer) must not keep a finished command alive.
process.exit(code);
