// Messages that carry a batch of counts to other nodes, and their strict decoder. A large batch takes several.

import { isCount, isRecord, parseJson } from '../base/json.ts';
import { isPosition, type Position } from '../base/position.ts';
import { KEPT_HASHTAGS } from './hashtag-posts.ts';
import { MINUTE, type MinuteBatch, type TopicCounts } from './store.ts';

export interface BatchPart {
  readonly minute: number;
  readonly end: Position;
  /** The end of the batch before, of the same feed; undefined for its first one. */
  readonly previous?: Position | undefined;
  /** Counted from 0. */
  readonly part: number;
  readonly isLast: boolean;
  readonly counts: readonly TopicCounts[];
  readonly complete: readonly string[];
}

/** The names in a message have about this many characters, or it has as many numbers. */
const PART_CHARACTERS = 32 * 1024;
const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_NAME = 16 * 1024;

/** The parts of a batch, made one by one. */
export function* splitBatch(
  { minute, end, counts, complete }: MinuteBatch,
  previous: Position | undefined,
): Generator<BatchPart> {
  let part = 0;
  let size = 0;
  let rows: TopicCounts[] = [];
  let topics: string[] = [];
  const finish = (isLast: boolean): BatchPart => {
    const made = { minute, end, previous, part, isLast, counts: rows, complete: topics };
    part += 1;
    size = 0;
    rows = [];
    topics = [];
    return made;
  };
  for (const row of counts) {
    const { topic, hashtags } = row;
    const more = 64 + topic.length + hashtags.reduce((sum, [tag]) => sum + 8 + tag.length, 0);
    if (size > 0 && size + more > PART_CHARACTERS) yield finish(false);
    size += more;
    rows.push(row);
  }
  for (const topic of complete) {
    if (size > 0 && size + topic.length > PART_CHARACTERS) yield finish(false);
    size += 8 + topic.length;
    topics.push(topic);
  }
  yield finish(true);
}

export function encodePart(part: BatchPart): Uint8Array {
  return Buffer.from(JSON.stringify(part));
}

/** Returns undefined for bytes that are not a part of a batch. */
export function decodePart(bytes: Uint8Array): BatchPart | undefined {
  const value = bytes.length > MAX_MESSAGE_BYTES ? undefined : parseJson(bytes);
  if (!isRecord(value)) return undefined;
  const { minute, end, previous, part, isLast, counts, complete } = value;
  const isRight =
    isCount(minute) &&
    minute % MINUTE === 0 &&
    isPosition(end) &&
    (previous === undefined || isPosition(previous)) &&
    isCount(part) &&
    typeof isLast === 'boolean' &&
    Array.isArray(counts) &&
    counts.every(isTopicCounts) &&
    Array.isArray(complete) &&
    complete.every(isName);
  return isRight ? { minute, end, previous, part, isLast, counts, complete } : undefined;
}

function isTopicCounts(value: unknown): value is TopicCounts {
  if (!isRecord(value)) return false;
  const { topic, source, positive, negative, neutral, score, hashtags } = value;
  return (
    isName(topic) &&
    isName(source) &&
    isCount(positive) &&
    isCount(negative) &&
    isCount(neutral) &&
    Number.isSafeInteger(score) &&
    Array.isArray(hashtags) &&
    hashtags.length <= KEPT_HASHTAGS &&
    hashtags.every((each) => Array.isArray(each) && isName(each[0]) && isCount(each[1]))
  );
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME;
}
