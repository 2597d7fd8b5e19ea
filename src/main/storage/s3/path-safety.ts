/** Keys whose path a proxy might rewrite on the way: it would be another object's. */
const REWRITABLE_PATH = /(^|\/)\.{0,2}(\/|$)/;

/** Whether a key can be named by a request's path and arrive as itself. A final slash is fine, an empty part is not. */
export function isPathSafe(key: string): boolean {
  return !REWRITABLE_PATH.test(key.endsWith('/') ? key.slice(0, -1) : key) && !/\p{Surrogate}/u.test(key);
}
