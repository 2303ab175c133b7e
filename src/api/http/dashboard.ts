// Serves the files that src/web/build.ts makes for the dashboard. They are read once, at the start.

import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { createFile, type File, serveFile } from './static-file.ts';

/** Answers a request for a file of the dashboard; false if `path` names none. */
export type Dashboard = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) => boolean;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Everything comes from this server and nothing is inline. `'self'` of connect-src includes WebSockets. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const SAFETY = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Vite names files below this path after their content. */
const HASHED = '/assets/';
const ONE_YEAR = 'public, max-age=31536000, immutable';

const NOT_BUILT =
  'The dashboard is not built. Run "npm run build", or "npm start" where Vite is installed, and start the\n' +
  'server again. /graphql and /track work without it.\n';

/** Reads the built page in `folder`. Without one, `/` says how to build it. */
export async function readDashboard(folder: URL): Promise<Dashboard> {
  const files = await readFiles(folder);
  return (path, request, response) => {
    const file = files.get(path);
    if (file) {
      serveFile(file, request, response);
      return true;
    }
    if (path !== '/') return false;
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    response.writeHead(503, headers).end(request.method === 'HEAD' ? undefined : NOT_BUILT);
    return true;
  };
}

/** Only files in this map are served, whatever a path looks like. */
async function readFiles(folder: URL): Promise<ReadonlyMap<string, File>> {
  const files = new Map<string, File>();
  for (const name of listFiles(folder)) {
    const type = TYPES[extname(name)];
    if (!type) continue;
    const path = name === 'index.html' ? '/' : `/${name}`;
    const body = readFileSync(new URL(name, folder));
    const headers = {
      ...SAFETY,
      'content-type': type,
      'cache-control': path.startsWith(HASHED) ? ONE_YEAR : 'no-cache',
    };
    files.set(path, await createFile(body, headers));
  }
  // Without index.html the other files are of no use.
  return files.has('/') ? files : new Map();
}

function listFiles(folder: URL): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return entries.map((entry) => entry.replaceAll('\\', '/'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
