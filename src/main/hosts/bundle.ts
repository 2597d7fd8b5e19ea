import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};

/** The page writes this where the nonce of one answer has to stand. */
const NONCE_PLACE = '%CSP_NONCE%';

export interface BundleAnswer {
  readonly status: 200 | 404 | 405;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The built page. Both hosts hand out the same files with the same headers, by this. */
export interface Bundle {
  /**
   * Answers a request for `path`: the request's own path, still percent-encoded, without query. `connectTo` are further
   * sources that the page may connect to besides its own origin.
   */
  answer(method: string, path: string, connectTo?: readonly string[]): BundleAnswer;
}

interface BundleFile {
  readonly contentType: string;
  readonly content: Uint8Array;
}

/**
 * Reads the built page into memory (a few megabytes). A request is looked up among the names that were found then, byte
 * for byte, and never becomes a path of the file system: no encoding of `..`, a NUL or a drive letter can name any other file, and
 * a build that replaces the folder meanwhile does not tear the page in two.
 */
export function openBundle(dir: string): Bundle {
  const files = new Map<string, BundleFile>();
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const contentType = CONTENT_TYPES[extname(entry.name)];
    if (!entry.isFile() || !contentType) continue;
    const file = join(entry.parentPath, entry.name);
    const path = relative(dir, file).split(sep).map(encodeURIComponent).join('/');
    files.set(`/${path}`, { contentType, content: readFileSync(file) });
  }
  const index = files.get('/index.html');
  if (!index) throw new Error(`The page is not built: ${dir} has no index.html. Run: npm run build`);
  const template = Buffer.from(index.content).toString('utf8');
  files.delete('/index.html');

  return {
    answer(method, path, connectTo = []) {
      if (method !== 'GET' && method !== 'HEAD')
        return plain(405, 'Only GET and HEAD are answered here.\n', { allow: 'GET, HEAD' });
      if (path === '/') return page(template, connectTo);
      const file = files.get(path);
      if (!file) return plain(404, 'There is nothing here.\n');
      return { status: 200, headers: { ...COMMON_HEADERS, 'content-type': file.contentType }, body: file.content };
    },
  };
}

/** Where `electron-vite build` puts the page, seen from any file of the build or of the sources. */
export function bundleFolder(from: string = import.meta.dirname): string {
  for (let dir = from; ; dir = dirname(dir)) {
    const candidate = join(dir, 'out', 'renderer');
    if (existsSync(join(candidate, 'index.html'))) return candidate;
    if (dirname(dir) === dir) throw new Error('The page is not built: out/renderer is missing. Run: npm run build');
  }
}

const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'permissions-policy':
    'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=(), display-capture=()',
  // Also for scripts and styles: an origin on a random port may have been somebody else's an hour ago.
  'cache-control': 'no-store',
} as const;

function page(template: string, connectTo: readonly string[]): BundleAnswer {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    // Mantine writes its theme into a style element; the nonce is this answer's own.
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src ${["'self'", ...connectTo].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    status: 200,
    headers: { ...COMMON_HEADERS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: Buffer.from(template.replaceAll(NONCE_PLACE, nonce)),
  };
}

function plain(status: 404 | 405, text: string, headers: Record<string, string> = {}): BundleAnswer {
  return {
    status,
    headers: {
      ...COMMON_HEADERS,
      ...headers,
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    },
    body: Buffer.from(text),
  };
}
