// npm as users run it, for tests that need packages of their own.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The errors of npm without a registry. */
const UNREACHABLE = /E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH|NOTCACHED)/;

/**
 * Runs npm in `folder`. Returns false if it reaches no registry and its cache lacks a package; with CI=true that fails,
 * as does every other error.
 */
export async function npm(folder: string, ...argv: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)('npm', argv, { cwd: folder });
    return true;
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    if (!UNREACHABLE.test(output) || process.env.CI === 'true') throw error;
    console.warn(
      `senti: npm cannot reach a registry, so nothing is tested that needs npm ${argv[0]}`,
    );
    return false;
  }
}
