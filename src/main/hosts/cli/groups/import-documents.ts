import { z } from 'zod';
import { contract } from '../../../../contract/index.ts';
import { HostFailure } from '../failures.ts';
import { readText } from '../input-files.ts';
import type { Invocation } from '../invocation.ts';
import { countOf, formatCount } from '../sizes.ts';
import type { Outcome } from '../verb.ts';
import { checkInput } from './check-input.ts';

const MAX_FILE_BYTES = 500 * 1024 * 1024;
const PAGE = 1000;

const Row = z.record(z.string(), z.unknown());

/**
 * Sends the rows of a file to the console in pages of a thousand. Every row is checked before the first is sent, so that
 * a bad row in the middle leaves nothing half done.
 */
export async function importDocuments(invocation: Invocation, connectionId: string, file: string): Promise<Outcome> {
  const text = await readText(file, 'documents', invocation.stdin, MAX_FILE_BYTES);
  const pages = pagesOf(parse(text, file), PAGE);
  for (const [at, page] of pages.entries()) checkPage(connectionId, page, at * PAGE, file);
  const { client } = await invocation.signIn();
  const total = pages.reduce((sum, page) => sum + page.length, 0);
  let [sent, added, changed] = [0, 0, 0];
  for (const documents of pages) {
    invocation.signal.throwIfAborted();
    // The shape was checked above, against the same schema that the console holds it against again.
    const answer = await client.connections.recordDocuments({ connectionId, documents: documents as never });
    sent += documents.length;
    added += answer.added;
    changed += answer.changed;
    invocation.progress.show({
      facts: { sent, total, added, changed },
      line: `${formatCount(sent)} of ${countOf(total, 'document')} recorded`,
      isTurn: false,
    });
  }
  return {
    value: { documents: total, added, changed },
    text: `${countOf(total, 'document')} read: ${formatCount(added)} added, ${formatCount(changed)} changed, ${formatCount(total - added - changed)} known already.`,
  };
}

/** A JSON list, or JSON lines; empty lines are skipped. */
function parse(text: string, file: string): unknown[] {
  const trimmed = text.replace(/^\ufeff/, '').trim();
  if (trimmed.startsWith('[')) {
    const list = jsonOf(trimmed, `${file}`);
    if (Array.isArray(list)) return list;
  }
  const rows = trimmed
    .split('\n')
    .flatMap((line, at) => (line.trim() === '' ? [] : [jsonOf(line, `${file}, line ${at + 1},`)]));
  if (rows.length === 0) throw new HostFailure('FILE_INVALID', `${file} holds no documents.`);
  return rows;
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HostFailure('FILE_INVALID', `${where} is not JSON. Nothing was recorded.`, { cause: error });
  }
}

function pagesOf(rows: readonly unknown[], size: number): Record<string, unknown>[][] {
  const pages: Record<string, unknown>[][] = [];
  for (let at = 0; at < rows.length; at += size)
    pages.push(
      rows.slice(at, at + size).map((row) => (Row.safeParse(row).success ? Row.parse(row) : { notAnObject: true })),
    );
  return pages;
}

function checkPage(connectionId: string, documents: readonly unknown[], before: number, file: string): void {
  try {
    checkInput(contract.connections.recordDocuments, { connectionId, documents });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const sentence = error.message.replace(
      /^documents\.(\d+)\.?/,
      (_all, at) => `${file}, document ${before + Number(at) + 1}, `,
    );
    throw new HostFailure('FILE_INVALID', `${sentence} Nothing was recorded.`, { cause: error });
  }
}
