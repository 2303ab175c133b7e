// The state of one topic: whether it is followed, what came in, what was missed.

import type { SentimentSubscription } from '../../schema/operations.ts';
import { RollingWindow } from './rolling-window.ts';

export type SentimentEvent = SentimentSubscription['sentiment'];

/** An event and when it came in, in milliseconds since 1970. */
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
  /** Events that the server could not deliver, by its own account. */
  missed = 0;
  /** Why the server does not follow it, if it does not. */
  refusal: string | undefined;

  constructor(track: string) {
    this.track = track;
  }

  hear(event: SentimentEvent, now: number): void {
    const tags = event.hashtags.flatMap(({ tag, count }) => Array<string>(count).fill(tag));
    this.window.add(event.polarityIndex, tags, now);
    this.latest = [{ event, at: now }, ...this.latest.slice(0, LATEST_EVENTS - 1)];
  }

  miss(count: number): void {
    this.missed += count;
  }

  refuse(reason: string, now: number): void {
    this.refusal = reason;
    this.window.watch(false, now);
  }
}
