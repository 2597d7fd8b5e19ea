/** The longest folder, with its slash, that all keys lie below; empty where there is none, or but one key. */
export function commonFolder(keys: readonly string[]): string {
  const [first, ...rest] = keys;
  if (first === undefined || rest.length === 0) return '';
  let folder = first.slice(0, first.lastIndexOf('/') + 1);
  while (folder !== '' && !rest.every((key) => key.startsWith(folder)))
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  // A key that is the folder itself would be shown as nothing.
  return keys.includes(folder) ? '' : folder;
}
