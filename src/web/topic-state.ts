// The state of one topic: whether the server follows it, its events, and how many were dropped.

import type { SentimentSubscription } from '../../schema/operations.ts';
import { RollingWindow } from './rolling-window.ts';

export type SentimentEvent = SentimentSubscription['sentiment'];

/** An event and its time of arrival, in milliseconds since 1970. */
export interface Heard {
  readonly event: SentimentEvent;
  readonly at: number;
}

export const LATEST_EVENTS = 6;

export class Topic {
  readonly track: string;
  readonly window = new RollingWindow();
  /** The newest first. */
  latest: readonly Heard[] = [];
  /** Events that the server reported as dropped. */
  dropped = 0;
  /** Why the server rejected the track, if it did. */
  rejection: string | undefined;

  constructor(track: string) {
    this.track = track;
  }

  hear(event: SentimentEvent, now: number): void {
    const tags = event.hashtags.flatMap(({ tag, count }) => Array<string>(count).fill(tag));
    this.window.add(event.polarityIndex, tags, now);
    this.latest = [{ event, at: now }, ...this.latest.slice(0, LATEST_EVENTS - 1)];
  }

  drop(count: number): void {
    this.dropped += count;
  }

  reject(reason: string, now: number): void {
    this.rejection = reason;
    this.window.watch(false, now);
  }
}
