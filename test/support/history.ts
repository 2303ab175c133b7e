// What tests of the history share.

import type { Position } from '../../src/base/position.ts';
import { type CountMessage, HeadWriter } from '../../src/history/count-message.ts';
import {
  type EndedMinute,
  MINUTE,
  type MinuteBatch,
  type TopicCounts,
} from '../../src/history/store.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';

const HOUR = 3_600_000;

/** The defaults of the options. */
export const SIZES = {
  retention: { MINUTE: 24 * HOUR, TEN_MINUTES: 7 * 24 * HOUR, HOUR: 90 * 24 * HOUR },
  maxBytes: 64 * 1024 * 1024,
};

/** A multiple of every size of bucket. */
export const START = Date.parse('2026-11-20T10:00:00Z');

export function counts(topic: string, more: Partial<TopicCounts> = {}): TopicCounts {
  return {
    topic,
    source: 'hand',
    positive: 1,
    negative: 0,
    neutral: 0,
    score: 5000,
    hashtags: [],
    ...more,
  };
}

/** A batch of the minute that begins `minute` minutes after START. `complete` was complete in the minute before. */
export function batch(
  minute: number,
  rows: readonly TopicCounts[] = [],
  complete: readonly string[] = [],
  epoch = 1,
): MinuteBatch {
  const at = START + minute * MINUTE;
  return { minute: at, end: { epoch, number: minute, time: at }, counts: rows, complete };
}

/** All of a topic by the minute, from `from` until before `to`, in minutes after START. */
export function span(topic: string, from: number, to: number) {
  return { topic, size: 'MINUTE', from: START + from * MINUTE, to: START + to * MINUTE } as const;
}

/** In minutes after START. */
export function minutes(intervals: readonly (readonly [number, number])[]) {
  return intervals.map(([from, to]) => [(from - START) / MINUTE, (to - START) / MINUTE]);
}

/** An event as a feed makes it, positive if `more` says nothing else. */
export function eventAt(position: Position, more: Partial<SentimentEvent> = {}): SentimentEvent {
  return {
    position,
    polarityIndex: 0,
    polarity: 'POSITIVE',
    score: 0.5,
    hashtags: [],
    positive: 0.5,
    neutral: 0.5,
    negative: 0,
    post: { id: String(position.number), source: 'hand', text: null, langs: ['en'] },
    ...more,
  };
}

/** A message that has events counted, each for the topics with these slots. */
export function countMessage(
  ...events: readonly (readonly [event: SentimentEvent, slots: readonly number[]])[]
): CountMessage {
  const writer = new HeadWriter();
  let end = 0;
  const ends = events.map(([event, slots]) => {
    writer.add(event);
    end += slots.length;
    return end;
  });
  return {
    ...writer.take(),
    slots: Uint32Array.from(events.flatMap(([, slots]) => slots)),
    ends: Uint32Array.from(ends),
    begin: 0,
  };
}

/** The end of a minute, as the counting of topics tells it. `complete` has slots. */
export function ended(minute: number, complete: readonly number[] = []): EndedMinute {
  const { minute: at, end } = batch(minute);
  return { minute: at, end, complete: Uint32Array.from(complete), completeClosed: [] };
}
