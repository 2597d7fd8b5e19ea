// Prints which tests prove which promise: `npm run -s promises`. A promise is a row of docs/promises.md; a test proves it
// by naming its id. Ends with 1 when a promise has no test or a test names one that is not there.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ROW = /^\| ([A-Z]\d{1,2}) \| (.*?) \|$/gm;
/** The first text of `test(`, `test.each(…)(`, `describe(` and the like. */
const TITLE =
  /\b(?:test|it|describe)(?:\.\w+)*(?:\([^()'"`]*\)|\(\[[\s\S]*?\]\))?\s*\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g;
const ID = /\b([A-Z]\d{1,2})\b/g;

/** The promises by id, in the order of the document. */
export function promises() {
  const text = readFileSync(join(ROOT, 'docs', 'promises.md'), 'utf8');
  return new Map([...text.matchAll(ROW)].map(([, id, sentence]) => [id, sentence]));
}

/** Test titles by the promise that they name. */
export function provenBy() {
  const found = new Map();
  for (const file of testFiles()) {
    const text = readFileSync(file, 'utf8');
    for (const [, , title] of text.matchAll(TITLE))
      for (const [, id] of title.split(':')[0].matchAll(ID))
        found.set(id, [...(found.get(id) ?? []), { file: relative(ROOT, file), title }]);
  }
  return found;
}

function testFiles() {
  return ['src', 'tests'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const known = promises();
  const proofs = provenBy();
  for (const [id, sentence] of known) {
    console.log(`${id}  ${sentence}`);
    for (const { file, title } of proofs.get(id) ?? []) console.log(`      ${file}: ${title}`);
    if (!proofs.has(id)) console.log('      NO TEST');
  }
  const bare = [...known.keys()].filter((id) => !proofs.has(id));
  const strange = [...proofs.keys()].filter((id) => !known.has(id));
  if (strange.length > 0) console.log(`\nNamed by tests, but no promise: ${strange.join(', ')}`);
  console.log(`\n${known.size - bare.length} of ${known.size} promises have a test that names them.`);
  process.exitCode = bare.length + strange.length > 0 ? 1 : 0;
}
