// The state of one topic: whether the server follows it, its events, and which of them are missing.

import type { SentimentSubscription, TrackQuery } from '../../schema/operations.ts';
import { RollingWindow } from './rolling-window.ts';
import type { Notice } from './server-connection.ts';
import type { TopicPast } from './topic-past.ts';

export type SentimentEvent = SentimentSubscription['sentiment'];

/** An event and the time at which it counts, in milliseconds since 1970. */
export interface Heard {
  readonly event: SentimentEvent;
  readonly at: number;
}

/** So many are kept, so that a list of one polarity has some. */
export const LATEST_EVENTS = 100;
/** After it has begun to listen, a page gets what came before within this time, in milliseconds. */
const CATCH_UP_TIME = 5000;

export class Topic {
  readonly track: string;
  /** Which sign it has beside others. */
  readonly place: number;
  readonly window = new RollingWindow();
  /** The server's counts, while the page shows more than the window. */
  past: TopicPast | undefined;
  /** Events that the server reported as dropped. */
  dropped = 0;
  /** Events may be missing before this time, in milliseconds since 1970. */
  gapBefore: number | undefined;
  /** How the server understood the track, once it has said so. */
  canonical: string | undefined;
  /** The sources that do not follow the track, while others do. */
  rejectedBy: TrackQuery['track']['rejectedBy'] = [];
  /** Why the server rejected the track, if it did. */
  rejection: string | undefined;

  /** The oldest first. Old ones go many at a time, which costs the least. */
  #heard: Heard[] = [];
  /** When the page began to listen, for the last time. */
  #listensSince = 0;
  /** When the last event counts. */
  #heardUntil: number | undefined;

  constructor(track: string, place = 0) {
    this.track = track;
    this.place = place;
  }

  /** The newest events, the newest first. */
  get latest(): readonly Heard[] {
    return this.#heard.slice(-LATEST_EVENTS).reverse();
  }

  /** Says whether the page listens from now on. */
  listen(isListening: boolean, now: number): void {
    if (isListening) this.#listensSince = now;
    this.window.watch(isListening, now);
  }

  hear(event: SentimentEvent, now: number, notice?: Notice): void {
    const tags = event.hashtags.flatMap(({ tag, count }) => Array<string>(count).fill(tag));
    const at = this.#timeOf(event, now);
    const before = this.#heardUntil ?? at;
    if (notice === 'gap') {
      this.gapBefore = at;
      this.window.know(false, before, at);
    }
    // The server has sent all that came since then.
    if (at < now || notice) this.window.know(true, notice === 'recovered' ? before : at, now);
    this.#heardUntil = at;
    this.window.add(event.polarityIndex, tags, at);
    this.#heard.push({ event, at });
    if (this.#heard.length >= 2 * LATEST_EVENTS) this.#heard = this.#heard.slice(-LATEST_EVENTS);
  }

  /** Posts may be missing since a time in the past, as far as none have come since then. */
  doubt(since: number, now: number): void {
    this.window.know(false, Math.max(since, this.#heardUntil ?? 0) + 1000, now);
  }

  drop(count: number): void {
    this.dropped += count;
  }

  reject(reason: string, now: number): void {
    this.rejection = reason;
    this.window.watch(false, now);
  }

  /** The server follows the track after all, and the page listens if `isListening`. */
  accept(isListening: boolean, now: number): void {
    this.rejection = undefined;
    this.listen(isListening, now);
  }

  /** An event counts when it arrives, or if the page did not listen yet, when the server got it. */
  #timeOf({ receivedAt }: SentimentEvent, now: number): number {
    if (now - this.#listensSince >= CATCH_UP_TIME) return now;
    const received = Date.parse(receivedAt);
    return received < this.#listensSince ? received : now;
  }
}
