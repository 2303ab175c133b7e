// Has the events of each topic counted by the minute, and knows since when each topic is complete. Everything is passed on
// to another past, which keeps the events themselves.

import { atTime, type Clock } from '../base/clock.ts';
import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Past, PastReader, Recording, Start, Stretch } from '../stream/recorder.ts';
import type { Track } from '../track/track.ts';
import { CountedTopic } from './counted-topic.ts';
import { LiveSince, NOTICED_AFTER } from './live-since.ts';
import type { RecentEvents } from './recent-events.ts';
import { type Counter, type EndedMinute, MINUTE } from './store.ts';

/** If the clock is set back by less, counting waits until it has caught up; in milliseconds. */
const WAITED_FOR = 60 * MINUTE;

/** Takes each minute in which a topic was followed. Its counter goes on with the next one. */
type End = (ended: EndedMinute) => void;

/** What is known of a topic in the minute that still runs. */
export interface Running {
  /** The start of the minute, in milliseconds since 1970. */
  readonly minute: number;
  /** Since when every post of the topic was counted. Infinity if the topic is not followed, or the source is down. */
  readonly completeFrom: number;
}

export class CountedPast implements Past {
  /** The start of the running minute. It does not go back with the clock, unless that is set back by hours. */
  minute = Number.NEGATIVE_INFINITY;
  readonly #recent: RecentEvents;
  readonly #clock: Clock;
  readonly #counter: Counter;
  readonly #end: End;
  readonly #followed = new Map<string, CountedTopic>();
  /** The same, by the slots of their recordings. */
  readonly #slots: (CountedTopic | undefined)[] = [];
  /** Topics that were closed in the running minute. */
  #closed: CountedTopic[] = [];
  readonly #live = new LiveSince();
  /** The position of the last event or gap. */
  #last: Position | undefined;
  #cancel: (() => void) | undefined;

  constructor(recent: RecentEvents, clock: Clock, counter: Counter, end: End) {
    this.#recent = recent;
    recent.take = (message) => {
      if (this.#followed.size > 0) counter.count(message);
    };
    this.#clock = clock;
    this.#counter = counter;
    this.#end = end;
  }

  /** The position of the last event that was counted. Without one, a place from which no listener can resume. */
  get end(): Position {
    return this.#last ?? { epoch: 0, number: 0, time: Math.max(0, this.#clock.now()) };
  }

  /** Another node has counted up to `end`. Ignored while this node counts, and for a place before the last one. */
  heard(end: Position): void {
    if (this.#followed.size > 0 || end.time < (this.#last?.time ?? 0)) return;
    this.#last = end;
  }

  /** Without `since`, another node makes the events and counts them. */
  open(track: Track, since?: Position): Recording {
    const recording = this.#recent.open(track, since);
    if (since === undefined) return recording;
    this.reach(since);
    if (!this.#followed.has(track.canonical)) {
      this.#recent.settle();
      this.#counter.follow(recording.slot, track.canonical);
    }
    const topic = new CountedTopic(this, recording, track, this.startingAt(since.time));
    this.#followed.set(track.canonical, topic);
    this.#slots[topic.slot] = topic;
    this.#cancel ??= this.#wait();
    return topic;
  }

  event(event: SentimentEvent, slots: readonly number[]): void {
    // Another node counts what it has made.
    if (this.#isCounted(slots)) this.reach(event.position);
    this.#recent.event(event, slots);
  }

  read(track: Track, start: Start): PastReader {
    return this.#recent.read(track, start);
  }

  stretch(track: Track, starts: readonly Start[], until: Position, most: number): Stretch {
    return this.#recent.stretch(track, starts, until, most);
  }

  fill(track: Track, stretch: Stretch): void {
    this.#recent.fill(track, stretch);
  }

  deleted(post: PostKey): void {
    this.#recent.deleted(post);
  }

  /** A source is live from now on, or not; or it is not needed. */
  live(source: string, isLive: boolean | 'idle'): void {
    const now = this.#clock.now();
    this.#advance(now);
    const from = this.startingAt(now);
    if (isLive === 'idle') this.#live.rest(source, from);
    else this.#live.set(source, isLive, from);
  }

  /** What is known of a topic in the running minute. The counter has every event until now. */
  running(topic: string): Running {
    this.#recent.settle();
    return { minute: this.minute, completeFrom: this.#completeFrom(this.#followed.get(topic)) };
  }

  /** What was counted in the running minute is lost, and nothing more of it will be counted. */
  lost(): void {
    this.#live.notBefore(this.minute + MINUTE);
  }

  /** Hands over the running minute as it is. Nothing may be counted afterwards. */
  close(): void {
    this.#cancel?.();
    this.#handOver();
  }

  /** For the topics: everything until `position` belongs to the running minute, or ends it. */
  reach(position: Position): void {
    const { time } = position;
    if (time >= this.minute + MINUTE || time < this.minute - WAITED_FOR) this.#advance(time);
    this.#last = position;
  }

  /** For the topics: from when on the counts of a topic are complete if it is followed from `time` on. */
  startingAt(time: number): number {
    // The clock was set back. What happens now counts in the running minute, which the topic has missed a part of.
    return time < this.minute ? this.minute + MINUTE : time;
  }

  /** For the topics. */
  closed(topic: CountedTopic): void {
    const { canonical } = topic.track;
    this.#advance(this.#clock.now());
    // Another feed may follow it already.
    if (this.#followed.get(canonical) === topic) {
      this.#recent.settle();
      this.#followed.delete(canonical);
      this.#slots[topic.slot] = undefined;
      this.#counter.leave(topic.slot);
    }
    this.#closed.push(topic);
    if (this.#followed.size > 0) return;
    // Nothing may happen for hours, so the minute does not wait for its end.
    this.#cancel?.();
    this.#cancel = undefined;
    this.#handOver();
  }

  #isCounted(slots: readonly number[]): boolean {
    for (const slot of slots) if (this.#slots[slot] !== undefined) return true;
    return false;
  }

  /** Ends the running minute if `time` is past it, or long before it. */
  #advance(time: number): void {
    const next = Math.floor(time / MINUTE) * MINUTE;
    if (next <= this.minute && next >= this.minute - WAITED_FOR) return;
    if (next > this.minute) this.#endMinute(next);
    else this.#goBack(next);
  }

  /** The running minute was one of a wrong clock, and is forgotten. What came before in `minute` is not known. */
  #goBack(minute: number): void {
    const from = minute + MINUTE;
    this.#recent.settle();
    this.#counter.forget();
    this.#closed = [];
    this.minute = minute;
    this.#live.goBack(from);
    for (const topic of this.#followed.values()) topic.goBack(from);
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#cancel = this.#wait();
  }

  #endMinute(next: number): void {
    const isContinuous = next === this.minute + MINUTE;
    // The process slept, or the clock was set forward: nothing is known of the minutes in between.
    if (!isContinuous) this.#live.notBefore(next + 1);
    this.#handOver(next);
    this.minute = next;
  }

  /** Hands over what the running minute has. `now` is when the next one begins, unless this one goes on. */
  #handOver(now = this.#clock.now()): void {
    const before = this.minute - MINUTE;
    const isCertain = (topic: CountedTopic) =>
      now - this.minute >= NOTICED_AFTER && this.#completeFrom(topic) <= before;
    const closed = this.#closed;
    this.#closed = [];
    this.#recent.settle();
    if (this.#last === undefined || this.#followed.size + closed.length === 0) return;
    const followed = this.#followed.values().filter(isCertain);
    this.#end({
      minute: this.minute,
      end: this.#last,
      complete: Uint32Array.from(followed.map(({ slot }) => slot)),
      completeClosed: closed.filter(isCertain).map(({ track }) => track.canonical),
    });
  }

  #completeFrom(topic: CountedTopic | undefined): number {
    return topic ? Math.max(topic.completeFrom, this.#live.of(topic.track)) : Infinity;
  }

  /** Ends each minute in time, while a topic is followed. */
  #wait(): () => void {
    return atTime(this.#clock, this.minute + MINUTE, () => {
      this.#advance(this.#clock.now());
      this.#cancel = this.#wait();
    });
  }
}
