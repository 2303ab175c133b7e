// The messages that nodes send each other, and their strict decoder.

import { isCount, parseJson } from '../base/json.ts';
import { cutText } from '../base/post.ts';
import type { UserErrorCode } from '../base/user-error.ts';
import type { SourceState, SourceStatus, Usage } from '../source/source.ts';
import { MAX_CANONICAL_CHARACTERS } from '../track/track.ts';
import {
  type Check,
  type Checked,
  hasFields,
  isNumber,
  isText,
  isTime,
  isVariant,
  listOf,
} from './message-checks.ts';

/** A NATS server takes 1 MiB by default. */
export const MAX_MESSAGE_BYTES = 512 * 1024;
/** A list of texts in one message has about this many characters. */
export const CHUNK_CHARACTERS = 64 * 1024;
/** The most listeners of one node. The sum for a thousand nodes still fits into a GraphQL Int. */
const MAX_LISTENERS = 2_000_000;
/** A node tells of this many rejected tracks each second. It leaves out longer tracks, and cuts longer reasons. */
const REJECTIONS = { most: 100, characters: 512 } as const;
/** More revisions than any lease reaches. It fits into the six bytes of an event's header. */
export const MAX_EPOCH = 2 ** 40;

const ERROR_CODES: Readonly<Record<UserErrorCode, true>> = {
  BAD_TRACK: true,
  BAD_CURSOR: true,
  BAD_USER_INPUT: true,
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

/** A track in canonical form. */
export const isTrack = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_CANONICAL_CHARACTERS;

const isErrorCode = (value: unknown): value is UserErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);

const isState: Check<SourceState> = isVariant('name', {
  idle: hasFields({}),
  connecting: hasFields({}),
  live: hasFields({}),
  waiting: hasFields({ reason: isText, until: isTime }),
  paused: hasFields({ reason: isText }, { until: isTime }),
} satisfies Record<SourceState['name'], unknown>);

const isAllowance = (value: unknown): value is number | 'none' =>
  value === 'none' || isCount(value);

const isUsage: Check<Usage> = hasFields(
  {
    postsToday: isCount,
    allowance: isAllowance,
    estimatesToday: isCount,
    costToday: isNumber,
    resetsAt: isTime,
    postsThisMonth: isCount,
    monthlyAllowance: isAllowance,
    monthResetsAt: isTime,
  },
  { postsPerDay: isNumber },
);

const isSource = hasFields({ name: isText, state: isState }, { usage: isUsage });

const isIngesting = hasFields(
  {
    /** The number of the node's term. */
    epoch: isEpoch,
    /** The name of the source. */
    name: isText,
    state: isState,
  },
  {
    usage: isUsage,
    /** The parts of a source that merges others. */
    parts: listOf(isSource),
    rejections: listOf(hasFields({ track: isText, source: isText, reason: isText })),
  },
);

const isFromNode = hasFields({ node: isNodeId });

const isMessage = isVariant('kind', {
  /** Every node sends one each second. */
  alive: hasFields(
    {
      /** Grows when all snapshots and updates of this node so far are void, because some were forged. */
      generation: isCount,
      /** The digest of the tracks that the node wants; see TrackSet. It shows a peer that it has missed an update. */
      digest: isCount,
      listeners: (value: unknown): value is number => isCount(value) && value <= MAX_LISTENERS,
      /** How the node scores, or would: `--source x --profile full --languages en`. */
      scoring: isText,
    },
    {
      /** By the clock of the node, in milliseconds since 1970. */
      time: isTime,
      /** Only of the node that ingests. */
      ingest: isIngesting,
    },
  ),
  /** The node has dropped and added tracks. */
  update: hasFields({ dropped: listOf(isTrack), added: listOf(isTrack) }),
  /** All tracks of the node, in parts counted from 0 that follow each other at once. */
  snapshot: hasFields({
    generation: isCount,
    part: isCount,
    parts: isCount,
    tracks: listOf(isTrack),
  }),
  /** The node asks `of` for a snapshot. */
  ask: hasFields({ of: isNodeId }),
  /** The node, which ingests, cannot follow a track. */
  rejected: hasFields({ epoch: isEpoch, track: isTrack, code: isErrorCode, message: isText }),
  /** The source of the node, which ingests, has deleted posts. A key is spelled by `spellKey`. */
  deleted: hasFields({ epoch: isEpoch, posts: listOf(isText) }),
  /** The node may have missed deletions, and asks the node that ingests to tell of them again. */
  missed: hasFields({}),
  /** The node stops. */
  bye: hasFields({}),
});

export type Ingesting = Checked<typeof isIngesting>;
export type NodeMessage = Checked<typeof isFromNode> & Checked<typeof isMessage>;

/** What a node says about the source that it reads. `instead` takes the place of its states. */
export function tellSource(epoch: number, source: SourceStatus, instead?: SourceState): Ingesting {
  const statusOf = ({ name, state, usage }: SourceStatus) => ({
    name,
    state: instead ?? state,
    usage,
  });
  return {
    epoch,
    ...statusOf(source),
    parts: source.parts?.map(statusOf),
    // Read only when a message is encoded, because there may be thousands.
    get rejections() {
      return toldOf(source.rejections);
    },
  };
}

function toldOf(rejections: SourceStatus['rejections']): Ingesting['rejections'] {
  const { most, characters } = REJECTIONS;
  return rejections
    ?.filter(({ track }) => track.length <= characters)
    .slice(0, most)
    .map((each) => ({ ...each, reason: cutText(each.reason, characters) }));
}

export function encodeMessage(message: NodeMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** Returns undefined for bytes that are not a message. */
export function decodeMessage(bytes: Uint8Array): NodeMessage | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const value = parseJson(bytes);
  return isFromNode(value) && isMessage(value) ? value : undefined;
}

/** Parts of a list that fit into a message each. */
export function* chunks(texts: Iterable<string>): Generator<string[]> {
  let chunk: string[] = [];
  let length = 0;
  for (const text of texts) {
    chunk.push(text);
    length += text.length;
    if (length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = [];
    length = 0;
  }
  if (chunk.length > 0) yield chunk;
}
