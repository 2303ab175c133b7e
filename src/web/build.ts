// Builds the page if it is out of date. `npm start` runs this first; `npm run build` always builds.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { argv, stderr } from 'node:process';

const ROOT = new URL('../../', import.meta.url);
const PAGE = new URL('dist/web/index.html', ROOT);
/** Holds the hash of the sources that dist/web was built from. It stands beside the folder, so that it is not served. */
const STAMP = new URL('dist/web.stamp', ROOT);

/** Builds if a source of the page has changed, or `always`. */
export async function buildPage({ always = false } = {}): Promise<void> {
  const sources = hashSources();
  if (!always && isBuiltFrom(sources)) return;
  const vite = await loadVite();
  if (!vite) {
    // A production install has no Vite. The server serves what was built before, if anything.
    if (always) throw new Error('Vite is not installed; run npm ci without --omit=dev');
    if (existsSync(PAGE))
      stderr.write('dist/web was built from other sources; it is served as it is.\n');
    return;
  }
  rmSync(STAMP, { force: true });
  await vite.build({
    configFile: new URL('vite.config.ts', import.meta.url).pathname,
    configLoader: 'native',
  });
  writeFileSync(STAMP, sources);
}

function isBuiltFrom(sources: string): boolean {
  return existsSync(PAGE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources;
}

function hashSources(): string {
  const folder = new URL('src/web/', ROOT);
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).toSorted()) {
    hash.update(name).update(readFileSync(new URL(name, folder)));
  }
  for (const path of ['schema/operations.ts', 'package-lock.json']) {
    hash.update(readFileSync(new URL(path, ROOT)));
  }
  return hash.digest('hex');
}

async function loadVite(): Promise<typeof import('vite') | undefined> {
  try {
    return await import('vite');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return;
    throw error;
  }
}

if (import.meta.main) await buildPage({ always: argv.includes('--always') });
