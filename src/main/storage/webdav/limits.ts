/** What a server may cost us. Every limit ends in a `StorageError`, never in a long wait or a full memory. */
export interface WebDavLimits {
  /** Nothing on the line for this long: the call failed. */
  readonly idleTimeoutMs: number;
  /** A whole answer must be read by then, however steadily it drips. Transfers of documents have only the idle limit. */
  readonly answerTimeoutMs: number;
  /** Bytes of one answer. */
  readonly maxAnswerBytes: number;
  /** Characters without the end of a tag or text. */
  readonly maxTokenChars: number;
  /** Members of collections held at once; a larger collection is asked for again, part by part. */
  readonly maxHeld: number;
  /** Folders within folders. */
  readonly maxDepth: number;
  /** Folders of one listing. */
  readonly maxFolders: number;
  /** Requests at once. */
  readonly concurrency: number;
}

export const defaultLimits: WebDavLimits = {
  idleTimeoutMs: 30_000,
  answerTimeoutMs: 600_000,
  maxAnswerBytes: 1024 ** 3,
  maxTokenChars: 1024 * 1024,
  maxHeld: 300_000,
  maxDepth: 100,
  maxFolders: 2_000_000,
  concurrency: 6,
};
