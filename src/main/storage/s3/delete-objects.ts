import { Fields, invalidAnswer, readXml, type XmlReader } from './read-xml.ts';

/** Characters that XML 1.0 has no way to write, and halves of surrogate pairs. */
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/** Whether a key can stand in a multi-delete request. */
export function fitsXml(key: string): boolean {
  return !NOT_IN_XML.test(key);
}

/** Text for an XML element, such that every parser reads back the same: white space but the plain blank as references. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r\u0085\u2028]/g, (c) => `&#x${c.charCodeAt(0).toString(16)};`);
}

export interface DeleteTarget {
  readonly key: string;
  readonly versionId: string | null;
}

/** Body of DeleteObjects; not quiet, so that every key is answered for. */
export function deleteRequest(targets: readonly DeleteTarget[]): string {
  const objects = targets.map(({ key, versionId }) => {
    const version = versionId === null ? '' : `<VersionId>${escapeXml(versionId)}</VersionId>`;
    return `<Object><Key>${escapeXml(key)}</Key>${version}</Object>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects.join('')}<Quiet>false</Quiet></Delete>`;
}

export interface DeleteVerdict {
  readonly code: string | null;
  readonly message: string;
  /** Nothing was removed: the bucket keeps versions and only laid a marker over them. */
  readonly laidMarker: boolean;
}

/** Name of a target in the answer. MinIO leaves the version `null` of a folder-like key away, so it is the same as none. */
export function targetName(key: string, versionId: string | null): string {
  return JSON.stringify([key, versionId === 'null' || versionId === '' ? null : versionId]);
}

/**
 * `DeleteResult`: what became of each target, by `targetName`. A key that was not asked about makes the whole answer
 * invalid: then nobody can say what the server did.
 */
export async function readDeleteResult(
  body: AsyncIterable<Uint8Array>,
  asked: readonly DeleteTarget[],
): Promise<Map<string, DeleteVerdict>> {
  const open = new Set(asked.map(({ key, versionId }) => targetName(key, versionId)));
  const verdicts = new Map<string, DeleteVerdict>();
  const fields = new Fields();
  let entry: string | null = null;
  const reader: XmlReader = {
    open(name, depth) {
      if (depth === 2) {
        entry = name === 'Deleted' || name === 'Error' ? name : null;
        fields.clear();
      }
    },
    close(name, depth, text) {
      if (depth === 3 && entry !== null) fields.set(name, text);
      if (depth !== 2 || entry === null) return;
      const target = targetName(fields.required('Key'), fields.text('VersionId'));
      if (!open.delete(target)) {
        throw invalidAnswer(
          verdicts.has(target) ? 'it answers twice for one key' : 'it names a key that was not to be removed',
        );
      }
      verdicts.set(target, {
        code: entry === 'Error' ? fields.text('Code') || 'Unknown' : null,
        message: (fields.text('Message') ?? '').slice(0, 300),
        laidMarker: fields.flag('DeleteMarker') && fields.text('VersionId') === null,
      });
    },
  };
  await readXml(body, 'DeleteResult', reader, { maxElements: 20_000, maxDepth: 6, maxTextLength: 16_384 });
  return verdicts;
}
