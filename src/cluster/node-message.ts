// What nodes say to each other, and the strict reading of it: whatever else arrives is no message.

import { type Fields, isRecord, parseJson } from '../base/json.ts';
import type { UserErrorCode } from '../base/user-error.ts';
import type { SourceState, Usage } from '../source/source.ts';
import { MAX_CANONICAL_CHARACTERS } from '../track/track.ts';

/** Said of itself by every node, every second. */
export interface Alive {
  readonly kind: 'alive';
  readonly node: string;
  /** How many times what it wants has changed. */
  readonly version: number;
  /** Of what it wants at that version: a difference that no version shows is found all the same. */
  readonly digest: number;
  readonly listeners: number;
  /** Of the term that it knows to be on; if it ingests, its own. 0 for none. */
  readonly epoch: number;
  /** How it would score, if it had to: `--source x --profile full --languages en`. */
  readonly scoring: string;
  /** Only of the node that ingests. */
  readonly ingest?: Ingesting | undefined;
}

export interface Ingesting {
  readonly name: string;
  readonly state: SourceState;
  readonly usage?: Usage | undefined;
}

export type NodeMessage =
  | Alive
  /** What it wants has changed, from the version before to this one. Tracks are in canonical form. */
  | {
      readonly kind: 'wants';
      readonly node: string;
      readonly version: number;
      readonly dropped: readonly string[];
      readonly added: readonly string[];
    }
  /** All that it wants at this version, in parts counted from 0, one right after the other. */
  | {
      readonly kind: 'all';
      readonly node: string;
      readonly version: number;
      readonly part: number;
      readonly parts: number;
      readonly tracks: readonly string[];
    }
  /** It does not know what `of` wants, and asks for all of it. */
  | { readonly kind: 'ask'; readonly node: string; readonly of: string }
  /** The node that ingests cannot follow a track. */
  | {
      readonly kind: 'refused';
      readonly node: string;
      readonly epoch: number;
      readonly track: string;
      readonly code: UserErrorCode;
      readonly message: string;
    }
  /** It is gone. */
  | { readonly kind: 'bye'; readonly node: string };

/** Nothing that is said is larger, in bytes; a server takes 1 MiB by default. */
const MAX_MESSAGE_BYTES = 512 * 1024;
/** Tracks are split into messages of about so many characters. */
export const CHUNK_CHARACTERS = 64 * 1024;
const MAX_TEXT_CHARACTERS = 1024;
const MAX_PARTS = 10_000;
/** Of one node. Those of a thousand such nodes can still be told as an Int. */
const MAX_LISTENERS = 2_000_000;
/** More than any lease has revisions, and with room to count on in the six bytes of an event's header. */
export const MAX_EPOCH = 2 ** 40;

export function encodeMessage(message: NodeMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** The message, or undefined for what is none. */
export function decodeMessage(bytes: Uint8Array): NodeMessage | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const value = parseJson(bytes);
  if (!isRecord(value) || !isNodeId(value.node)) return undefined;
  const { kind } = value;
  if (typeof kind !== 'string' || !Object.hasOwn(CHECKS, kind)) return undefined;
  const isRight = CHECKS[kind as NodeMessage['kind']](value);
  return isRight ? (value as unknown as NodeMessage) : undefined;
}

const CHECKS: Readonly<Record<NodeMessage['kind'], (message: Fields) => boolean>> = {
  alive: ({ version, digest, listeners, epoch, scoring, ingest }) =>
    isCount(version) &&
    isCount(digest) &&
    isCount(listeners) &&
    listeners <= MAX_LISTENERS &&
    isEpoch(epoch) &&
    isText(scoring) &&
    isOptional(ingest, isIngesting),
  wants: ({ version, dropped, added }) => isCount(version) && isTracks(dropped) && isTracks(added),
  all: ({ version, part, parts, tracks }) =>
    isCount(version) &&
    isCount(part) &&
    isCount(parts) &&
    part < parts &&
    parts <= MAX_PARTS &&
    isTracks(tracks),
  ask: ({ of }) => isNodeId(of),
  refused: ({ epoch, track, code, message }) =>
    isEpoch(epoch) &&
    isTrack(track) &&
    typeof code === 'string' &&
    Object.hasOwn(ERROR_CODES, code) &&
    isText(message),
  bye: () => true,
};

const ERROR_CODES: Readonly<Record<UserErrorCode, true>> = {
  BAD_TRACK: true,
  LIMIT_REACHED: true,
  UPSTREAM_FULL: true,
  UNAUTHENTICATED: true,
};

function isIngesting(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { name, state, usage } = value;
  return isText(name) && isState(state) && isOptional(usage, isUsage);
}

function isState(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { name, reason, until } = value;
  if (name === 'idle' || name === 'connecting' || name === 'live') return true;
  if (name === 'waiting') return isText(reason) && isTime(until);
  return name === 'paused' && isText(reason) && isOptional(until, isTime);
}

function isUsage(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { postsToday, allowance, costToday, resetsAt } = value;
  const isAllowance = allowance === 'none' || isCount(allowance);
  return isCount(postsToday) && isAllowance && isNumber(costToday) && isTime(resetsAt);
}

/** A whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isEpoch(value: unknown): value is number {
  return isCount(value) && value <= MAX_EPOCH;
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** A moment that a Date can hold. */
export function isTime(value: unknown): value is number {
  return isNumber(value) && Math.abs(value) <= 8.64e15;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS;
}

function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

export function isNodeId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]{1,100}$/.test(value);
}

function isTrack(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_CANONICAL_CHARACTERS;
}

function isTracks(value: unknown): boolean {
  return Array.isArray(value) && value.every(isTrack);
}
