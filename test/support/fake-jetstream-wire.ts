// How the stand-in for Jetstream frames its events, and what it accepts in a handshake, in both versions.

import { encodeAnswer } from './fake-socket-server.ts';

/** A frame of v1 without its time, which the server gives. */
export interface Event {
  readonly did: string;
  readonly kind: string;
  readonly commit?: { readonly collection: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface Kept {
  readonly timeUs: number;
  readonly seq: number;
  readonly event: Event;
}

/** What a connection asks for. */
export interface Query {
  readonly version: 1 | 2;
  readonly cursor: number | undefined;
  readonly collections: readonly string[];
  readonly kinds: readonly string[];
  readonly maxBytes: number;
}

export interface Rejection {
  readonly status: number;
  /** The name of an error of XRPC. */
  readonly error?: string;
}

const V2 = 'network.bsky.jetstream.subscribeEvents';
export const PATHS = { 1: '/subscribe', 2: `/xrpc/${V2}` } as const;
/** A larger cursor is a time in microseconds. */
const LARGEST_SEQ = 1e15;
/** When v1 resumes, it also sends this many events from before the cursor, since it delivers "at least once". */
const RESENT_BEFORE_CURSOR = 2;
const KINDS = ['commit', 'identity', 'account', 'sync'];
const COLLECTION = /^[a-z][a-z0-9-]*(\.[A-Za-z0-9-]+)+(\.\*)?$/;

export function readQuery(url: string): Query | Rejection {
  const { pathname, searchParams: query } = new URL(url, 'ws://host');
  const version = pathname === PATHS[1] ? 1 : 2;
  if (pathname !== PATHS[version]) return { status: 404 };
  const names =
    version === 1 ? ['wantedCollections', 'collections'] : ['collections', 'wantedCollections'];
  const [own = '', foreign = ''] = names;
  const collections = query.getAll(own);
  const kinds = query.getAll('kinds');
  const cursor = query.get('cursor');
  const isValid =
    collections.every((name) => COLLECTION.test(name)) &&
    kinds.every((kind) => KINDS.includes(kind)) &&
    /^\d*$/.test(cursor ?? '') &&
    (version === 1 || !query.has(foreign));
  if (!isValid) return { status: 400, error: 'InvalidRequest' };
  return {
    version,
    cursor: cursor === null ? undefined : Number(cursor),
    collections,
    kinds: version === 1 ? [] : kinds,
    maxBytes: Number(query.get('maxMessageSizeBytes')) || Number.POSITIVE_INFINITY,
  };
}

/** The events of the past that a new connection gets, and the notice before them. */
export function planReplay(
  { version, cursor }: Query,
  history: readonly Kept[],
  firstSeq: number,
  nextSeq: number,
): { readonly notice?: string; readonly kept: readonly Kept[] } | Rejection {
  if (cursor === undefined) return { kept: [] };
  if (version === 1) {
    const from = history.findIndex(({ timeUs }) => timeUs >= cursor);
    return { kept: from < 0 ? [] : history.slice(Math.max(0, from - RESENT_BEFORE_CURSOR)) };
  }
  const oldest = history[0] ?? { seq: nextSeq, timeUs: Number.POSITIVE_INFINITY };
  if (cursor < LARGEST_SEQ) {
    if (cursor < oldest.seq) return { status: 400, error: 'CursorTooOld' };
    if (cursor >= nextSeq) return { notice: 'FutureCursor', kept: [] };
    return { kept: history.filter(({ seq }) => seq >= cursor) };
  }
  const isClamped = oldest.seq > firstSeq && cursor <= oldest.timeUs;
  const kept = history.filter(({ timeUs }) => timeUs >= cursor);
  return isClamped ? { notice: 'OutdatedCursor', kept } : { kept };
}

export function encode({ timeUs, seq, event }: Kept, version: 1 | 2): string {
  const { did, kind, commit, ...rest } = event;
  if (version === 1) return JSON.stringify({ did, time_us: timeUs, kind, commit, ...rest });
  const ms = new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1);
  const time = `${ms}${String(timeUs % 1000).padStart(3, '0')}Z`;
  const own = { $type: `${V2}#${kind}`, seq, did, time, witnessedAt: time };
  return message({ ...own, ...commit, ...rest });
}

/** An advisory of v2, which has no place in the stream. */
export function encodeInfo(name: string): string {
  return message({ $type: `${V2}#info`, name });
}

export function encodeError(error: string, text: string): string {
  return JSON.stringify({ $type: 'error', error, message: text });
}

/** The answer to a handshake that is not accepted. */
export function encodeRejection({ status, error }: Rejection): string {
  return encodeAnswer(status, error === undefined ? '' : JSON.stringify({ error, message: 'no' }));
}

/** Events about accounts go to all connections, whichever collections they want, as on the real service. */
export function isWanted({ collections, kinds }: Query, { kind, commit }: Event): boolean {
  if (kinds.length > 0 && !kinds.includes(kind)) return false;
  if (commit === undefined || collections.length === 0) return true;
  return collections.some((wanted) =>
    wanted.endsWith('*')
      ? commit.collection.startsWith(wanted.slice(0, -1))
      : commit.collection === wanted,
  );
}

function message(payload: object): string {
  return JSON.stringify({ $type: 'message', payload });
}
