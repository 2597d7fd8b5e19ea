/** Beyond a certificate of 50 MB (`deletions.verify`), escaped as JSON, nothing that a client sends comes near this. */
export const MAX_MESSAGE_BYTES = 96 * 1024 * 1024;
