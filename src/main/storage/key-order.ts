const HIGH = /[\ud800-\uffff]/;

/**
 * Order of two keys by their UTF-8 bytes: S3's order and SQLite's. JavaScript's own comparison goes by UTF-16 units and
 * puts characters above U+FFFF before U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  // Only two characters from U+D800 on can stand in another order; mostly there are none, and the engine compares fast.
  if (!HIGH.test(a) || !HIGH.test(b)) return a < b ? -1 : 1;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    // Both halves of a surrogate pair sort above every character of the basic plane in UTF-8.
    const isPairX = x >= 0xd800 && x <= 0xdfff;
    const isPairY = y >= 0xd800 && y <= 0xdfff;
    if (isPairX !== isPairY) return isPairX ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}
