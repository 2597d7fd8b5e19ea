import { version } from '../../package.json';
import { openConsole } from '../../src/main/console.ts';
import { hostOrigin, machine } from '../../src/main/hosts/host-environment.ts';
import { openLines } from '../../src/main/hosts/lines.ts';
import { surroundings } from '../../src/main/hosts/owner/address.ts';
import { takeOwnership } from '../../src/main/hosts/owner/lock.ts';
import { openReception } from '../../src/main/hosts/owner/reception.ts';
import { Secret } from '../../src/main/secret.ts';

/**
 * An owner that dies by SIGKILL while it does one procedure for a guest: `received` before anything is done, `written` in the
 * act's own transaction before it is committed, `committed` before the answer is sent,
 * `answered` at once after it was sent.
 */
const [workspaceDir = '', procedure = '', point = ''] = process.argv.slice(2);
const passphrase = process.env.QM_TEST_PASSPHRASE ?? '';
const die = () => process.kill(process.pid, 'SIGKILL');
let isArmed = false;

const lock = takeOwnership(workspaceDir);
const console = await openConsole({
  ...machine,
  workspaceDir,
  create: false,
  origin: await hostOrigin('serve'),
  keychain: null,
  passphrase: new Secret(passphrase),
  motor: false,
  randomBytes(size) {
    // A nonce of AES-GCM: at the latest that of the kept answer, which is written inside the act's transaction.
    if (isArmed && point === 'written' && size === 12) die();
    return machine.randomBytes(size);
  },
  log: () => {},
});
const openLine = openLines(console, () => {});
await openReception({
  workspaceDir,
  openLine(carrier) {
    const line = openLine({
      ...carrier,
      send(message) {
        if (isArmed && point === 'committed') die();
        carrier.send(message);
        if (isArmed && point === 'answered') die();
      },
    });
    return {
      ...line,
      receive(message) {
        if (Buffer.from(message as Uint8Array | string).includes(`/${procedure.replace('.', '/')}`)) isArmed = true; // As the socket gives it.
        if (isArmed && point === 'received') die();
        line.receive(message);
      },
    };
  },
  staysForCommands: false,
  onMotorWanted() {},
  version,
  log: () => {},
  surroundings: surroundings(),
});
process.stdout.write(`${JSON.stringify({ receives: true })}\n`);
setInterval(() => lock, 1_000);
