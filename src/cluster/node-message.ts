// The messages that nodes send each other, and their strict decoder.

import { isRecord, parseJson } from '../base/json.ts';
import type { UserErrorCode } from '../base/user-error.ts';
import type { SourceState, Usage } from '../source/source.ts';
import { MAX_CANONICAL_CHARACTERS } from '../track/track.ts';
import {
  type Check,
  hasFields,
  isCount,
  isNumber,
  isText,
  isTime,
  isVariant,
  listOf,
  optional,
} from './message-checks.ts';

/** Every node sends one each second. */
export interface Alive {
  readonly kind: 'alive';
  readonly node: string;
  /** Grows when all snapshots and updates of this node so far are void, because some were forged. */
  readonly generation: number;
  /** The digest of the tracks that the node wants; see TrackSet. It shows a peer that it has missed an update. */
  readonly digest: number;
  readonly listeners: number;
  /** How the node scores, or would: `--source x --profile full --languages en`. */
  readonly scoring: string;
  /** Only of the node that ingests. */
  readonly ingest?: Ingesting | undefined;
}

export interface Ingesting {
  /** The number of its term. */
  readonly epoch: number;
  readonly name: string;
  readonly state: SourceState;
  readonly usage?: Usage | undefined;
}

/** Tracks are in canonical form. */
export type NodeMessage =
  | Alive
  /** The node has dropped and added tracks. */
  | {
      readonly kind: 'update';
      readonly node: string;
      readonly dropped: readonly string[];
      readonly added: readonly string[];
    }
  /** All tracks of the node, in parts counted from 0 that follow each other at once. */
  | {
      readonly kind: 'snapshot';
      readonly node: string;
      readonly generation: number;
      readonly part: number;
      readonly parts: number;
      readonly tracks: readonly string[];
    }
  /** The node asks `of` for a snapshot. */
  | { readonly kind: 'ask'; readonly node: string; readonly of: string }
  /** The node, which ingests, cannot follow a track. */
  | {
      readonly kind: 'rejected';
      readonly node: string;
      readonly epoch: number;
      readonly track: string;
      readonly code: UserErrorCode;
      readonly message: string;
    }
  /** The node stops. */
  | { readonly kind: 'bye'; readonly node: string };

/** A NATS server takes 1 MiB by default. */
const MAX_MESSAGE_BYTES = 512 * 1024;
/** The tracks of one message have about this many characters. */
export const CHUNK_CHARACTERS = 64 * 1024;
/** Of one node. The sum for a thousand nodes still fits into a GraphQL Int. */
const MAX_LISTENERS = 2_000_000;
/** More revisions than any lease reaches. It fits into the six bytes of an event's header. */
export const MAX_EPOCH = 2 ** 40;

const ERROR_CODES: Readonly<Record<UserErrorCode, true>> = {
  BAD_TRACK: true,
  LIMIT_REACHED: true,
  UPSTREAM_FULL: true,
  UNAUTHENTICATED: true,
};

export function isEpoch(value: unknown): value is number {
  return isCount(value) && value <= MAX_EPOCH;
}

export function isNodeId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]{1,100}$/.test(value);
}

const isTrack: Check = (value) =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_CANONICAL_CHARACTERS;

const isState = isVariant('name', {
  idle: () => true,
  connecting: () => true,
  live: () => true,
  waiting: hasFields({ reason: isText, until: isTime }),
  paused: hasFields({ reason: isText, until: optional(isTime) }),
} satisfies Record<SourceState['name'], Check>);

const isUsage = hasFields({
  postsToday: isCount,
  allowance: (value) => value === 'none' || isCount(value),
  costToday: isNumber,
  resetsAt: isTime,
});

const isMessage = isVariant('kind', {
  alive: hasFields({
    generation: isCount,
    digest: isCount,
    listeners: (value) => isCount(value) && value <= MAX_LISTENERS,
    scoring: isText,
    ingest: optional(
      hasFields({ epoch: isEpoch, name: isText, state: isState, usage: optional(isUsage) }),
    ),
  }),
  update: hasFields({ dropped: listOf(isTrack), added: listOf(isTrack) }),
  snapshot: hasFields({
    generation: isCount,
    part: isCount,
    parts: isCount,
    tracks: listOf(isTrack),
  }),
  ask: hasFields({ of: isNodeId }),
  rejected: hasFields({
    epoch: isEpoch,
    track: isTrack,
    code: (value) => typeof value === 'string' && Object.hasOwn(ERROR_CODES, value),
    message: isText,
  }),
  bye: () => true,
} satisfies Record<NodeMessage['kind'], Check>);

export function encodeMessage(message: NodeMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** Returns undefined for bytes that are not a message. */
export function decodeMessage(bytes: Uint8Array): NodeMessage | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const value = parseJson(bytes);
  const isRight = isRecord(value) && isNodeId(value.node) && isMessage(value);
  return isRight ? (value as unknown as NodeMessage) : undefined;
}
