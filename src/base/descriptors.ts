// File descriptors. Each connection takes one, and the system limits their number. When none is left, Node.js closes new
// connections at once, without an event.

import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { report } from 'node:process';
import type { Clock } from './clock.ts';

/** Kept for upstreams, other nodes, files, and Node.js itself. */
const RESERVED = 100;
/** In milliseconds. */
const LOOK_EVERY = 1000;
const SAY_EVERY = 60_000;
const NONE_LEFT: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);
const REMEDY = 'raise it (ulimit -n, or LimitNOFILE= in the unit of systemd)';

/** How many descriptors the system gives this process; Infinity where it does not say. */
export function descriptorLimit(): number {
  // Otherwise the report looks up the names of all addresses.
  Object.assign(report, { excludeNetwork: true });
  const { userLimits } = report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  // Node.js has raised it to the hard limit already.
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}

/** Why the system's limit is too low for `maxSockets` connections, or undefined if it is not. */
export function explainLimit(limit: number, maxSockets: number): string | undefined {
  if (limit === Number.POSITIVE_INFINITY || maxSockets + RESERVED <= limit) return undefined;
  const room = Math.max(1, limit - RESERVED);
  const asked = Number.isFinite(maxSockets) ? String(maxSockets) : 'none';
  return `--max-sockets is ${asked}, but the system gives this process ${limit} file descriptors, enough for ${room} connections: ${REMEDY}, or lower --max-sockets`;
}

/** Warns once a minute while no descriptor is left. The returned function stops it. */
export function watchDescriptors(clock: Clock, say: (line: string) => void): () => void {
  function look(): void {
    const isNone = !hasOneLeft();
    if (isNone) {
      say(`no file descriptors are left, so new connections are closed unanswered: ${REMEDY}`);
    }
    cancel = clock.after(isNone ? SAY_EVERY : LOOK_EVERY, look);
  }
  let cancel = clock.after(LOOK_EVERY, look);
  return () => cancel();
}

/** The result of `read`, or undefined if no descriptor is left for it. */
export function unlessNoneLeft<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isNoneLeft(error)) throw error;
    return undefined;
  }
}

export function isNoneLeft(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NONE_LEFT.has(error.code);
}

function hasOneLeft(): boolean {
  const descriptor = unlessNoneLeft(() => openSync(devNull, 'r'));
  if (descriptor !== undefined) closeSync(descriptor);
  return descriptor !== undefined;
}
