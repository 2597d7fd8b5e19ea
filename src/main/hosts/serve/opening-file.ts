import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ONE_TIME_LIFE_MS, type Tokens } from './tokens.ts';

const OPENING_FILE = 'open-console.html';
const RENEW_EVERY_MS = ONE_TIME_LIFE_MS - 60_000;

export interface OpeningFile {
  readonly path: string;
  /** Puts a fresh token into it: its last one was used. */
  renew(): void;
  remove(): void;
}

/**
 * A file in the workspace that only its owner can read, and that leads the browser which opens it to the console with a valid
 * one-time token. The browser is started on this file, since every process of the machine can read another's arguments. A
 * token in it is replaced when it was used and before it runs out, so that the file opens further tabs at any time. One that
 * runs beside another on the same workspace has a file of its own, which names its port.
 */
export function writeOpeningFile(
  workspaceDir: string,
  address: string,
  tokens: Tokens,
  isBesideAnother: boolean,
): OpeningFile {
  const path = join(workspaceDir, isBesideAnother ? `open-console-${new URL(address).port}.html` : OPENING_FILE);
  let current: string | undefined;
  const renew = () => {
    if (current !== undefined) tokens.withdraw(current);
    current = tokens.issue();
    const next = `${path}.${process.pid}`;
    rmSync(next, { force: true });
    writeFileSync(next, pageFor(`${address}#t=${current}`), { mode: 0o600, flag: 'wx' });
    renameSync(next, path);
  };
  renew();
  const timer = setInterval(renew, RENEW_EVERY_MS);
  timer.unref();
  return {
    path,
    renew,
    remove() {
      clearInterval(timer);
      rmSync(path, { force: true });
    },
  };
}

/** `url` consists of this server's own address and a base64url token: nothing in it needs escaping. */
function pageFor(url: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url=${url}">
<title>Quartermaster</title>
</head>
<body><p><a rel="noreferrer" href="${url}">Open the console</a></p></body>
</html>
`;
}
