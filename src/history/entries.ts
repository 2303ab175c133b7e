// What is kept of a track: events, and the places where events may be missing.

import type { Position } from '../base/position.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';

/** What stands where no event is: events may be missing here, or the post was deleted. */
interface Mark {
  readonly position: Position;
  readonly isGap: boolean;
  readonly post?: undefined;
}

export type Entry = SentimentEvent | Mark;

/** Whether events may be missing here. */
export function isGap(entry: Entry): boolean {
  return entry.post === undefined && entry.isGap;
}

/** What a kept event takes besides its texts, and what a mark takes; measured. */
const EVENT_BYTES = 600;
const MARK_BYTES = 150;
/** V8 stores a text that is not all Latin-1 in two bytes a character. */
const CHARACTER_BYTES = 2;
const HASHTAG_BYTES = 80;

/** Bytes that an entry takes, by estimate. */
export function bytesOf(entry: Entry): number {
  if (entry.post === undefined) return MARK_BYTES;
  const { id, text, url } = entry.post;
  const characters = id.length + (text?.length ?? 0) + (url?.length ?? 0);
  return EVENT_BYTES + CHARACTER_BYTES * characters + HASHTAG_BYTES * entry.hashtags.length;
}
