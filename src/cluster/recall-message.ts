// The messages by which a node asks the one that ingests for the recent events of a track, and their strict decoders.

import { isCount, parseJson } from '../base/json.ts';
import { isPosition, type Position } from '../base/position.ts';
import type { PastEntry, Start, Stretch } from '../stream/recorder.ts';
import { channelOf, encodeEvent, readEvent } from './event-message.ts';
import { type Check, type Checked, hasFields, listOf } from './message-checks.ts';
import { isEpoch, isNodeId, isTrack, MAX_MESSAGE_BYTES } from './node-message.ts';

const isQuestion = hasFields(
  {
    /** The node that asks. */
    node: isNodeId,
    /** The number of the term in which it asks. */
    epoch: isEpoch,
    /** Numbers the questions of the node. */
    id: isCount,
    track: isTrack,
  },
  {
    /** The node lacks events after this place, or some of this many newest ones. */
    after: isPosition,
    last: isCount,
    /** Where its last answer on this track began. */
    until: isPosition,
  },
);

export type Question = Checked<typeof isQuestion>;

export interface Answer {
  /** The sequence number of the last event that was sent to the nodes. */
  readonly sequence: number;
  readonly stretch: Stretch;
}

/** Which question is answered. */
interface AnswerHeader {
  readonly epoch: number;
  readonly id: number;
}

/** An answer leaves out older entries beyond this many bytes. One event alone may have more. */
export const MAX_ANSWER_BYTES = 128 * 1024;
/** 6 bytes hold numbers up to 2^48. */
const NUMBER_BYTES = 6;
const HEADER_BYTES = 2 * NUMBER_BYTES;

/** The channels on which a node gets questions and answers. */
export function recallChannels(node: string): {
  readonly questions: string;
  readonly answers: string;
} {
  const name = channelOf(node);
  return { questions: `recall-${name}`, answers: `recalled-${name}` };
}

export function encodeQuestion(question: Question): Uint8Array {
  return Buffer.from(JSON.stringify(question));
}

export function decodeQuestion(bytes: Uint8Array): Question | undefined {
  const value = bytes.length > MAX_MESSAGE_BYTES ? undefined : parseJson(bytes);
  return isQuestion(value) ? value : undefined;
}

export function startsOf({ after, last }: Pick<Question, 'after' | 'last'>): Start[] {
  return [...(after ? [{ after }] : []), ...(last === undefined ? [] : [{ last }])];
}

/** Encodes as much of the answer as one message takes, the newest entries first. */
export function encodeAnswer({ epoch, id }: AnswerHeader, { sequence, stretch }: Answer): Buffer {
  const { until, entries } = stretch;
  const encoded: Uint8Array[] = [];
  let bytes = 0;
  let first = entries.length;
  while (first > 0 && bytes < MAX_ANSWER_BYTES) {
    first -= 1;
    const { event, position } = entries[first] as PastEntry;
    const entry = event ? encodeEvent(event) : Buffer.from(JSON.stringify({ gap: position }));
    encoded.push(entry);
    bytes += entry.length + 1;
  }
  const isCut = first > 0;
  const since = isCut ? entries[first - 1]?.position : stretch.since;
  const rest = { sequence, since, until, isAll: stretch.isAll && !isCut };
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUIntBE(epoch, 0, NUMBER_BYTES);
  header.writeUIntBE(id, NUMBER_BYTES, NUMBER_BYTES);
  const parts: Uint8Array[] = [
    header,
    Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"entries":[`),
  ];
  for (const [i, entry] of encoded.reverse().entries()) {
    if (i > 0) parts.push(COMMA);
    parts.push(entry);
  }
  parts.push(END);
  return Buffer.concat(parts);
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

/** Reads the header alone, which costs next to nothing. */
export function readAnswerHeader(message: Uint8Array): AnswerHeader | undefined {
  if (message.length <= HEADER_BYTES || message.length > MAX_MESSAGE_BYTES) return undefined;
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  return {
    epoch: bytes.readUIntBE(0, NUMBER_BYTES),
    id: bytes.readUIntBE(NUMBER_BYTES, NUMBER_BYTES),
  };
}

const isBoolean: Check<boolean> = (value) => typeof value === 'boolean';
const isAny: Check<unknown> = (_): _ is unknown => true;
const isGap = hasFields({ gap: isPosition });
const isAnswer = hasFields({
  sequence: isCount,
  since: isPosition,
  until: isPosition,
  isAll: isBoolean,
  entries: listOf(isAny),
});

/** Without `postText`, clients of this node do not get the texts, although another node has sent them. */
export function decodeAnswer(message: Uint8Array, postText: boolean): Answer | undefined {
  const value = parseJson(message.subarray(HEADER_BYTES));
  if (!isAnswer(value)) return undefined;
  const { sequence, isAll } = value;
  const since = copyOf(value.since);
  const until = copyOf(value.until);
  const entries: PastEntry[] = [];
  let last = since;
  for (const each of value.entries) {
    const entry = readEntry(each, postText);
    // Two entries may have one place: a gap, and the event before which nothing is missing.
    if (entry === undefined || !isBetween(last, entry.position, until)) return undefined;
    entries.push(entry);
    last = entry.position;
  }
  if (!isBetween(since, until, until)) return undefined;
  return { sequence, stretch: { since, until, entries, isAll } };
}

function readEntry(value: unknown, postText: boolean): PastEntry | undefined {
  if (isGap(value)) return { position: copyOf(value.gap), event: undefined };
  const event = readEvent(value, postText);
  return event && { position: event.position, event };
}

function isBetween(first: Position, { epoch, number }: Position, last: Position): boolean {
  return (
    epoch === first.epoch && epoch === last.epoch && first.number <= number && number <= last.number
  );
}

/** Without the other fields that the message may have. */
function copyOf({ epoch, number, time }: Position): Position {
  return { epoch, number, time };
}
