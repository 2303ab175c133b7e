// A window and the listeners that share it.

import type { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Listener } from '../stream/topic.ts';
import type { TrackWindow, WindowListener } from '../stream/windows.ts';
import type { Track } from '../track/track.ts';
import type { HashtagRoom } from './hashtag-tally.ts';
import type { Part } from './parts.ts';
import { Window } from './window.ts';
import { DOUBTED, type RecentPast, secondOf, type WindowPast } from './window-past.ts';

interface SharedWindowOptions {
  readonly track: Track;
  /** In seconds. */
  readonly span: number;
  readonly room: HashtagRoom;
  /** The running second. */
  readonly now: () => number;
  /** Called when no listener is left. */
  readonly onEnd: () => void;
}

/** Times are whole seconds since 1970. */
export class SharedWindow implements Listener {
  /** Whether the sources of the track were live when that was last looked at. */
  isLive = false;
  readonly #options: SharedWindowOptions;
  readonly #window: Window;
  /** By how often they get a window. */
  readonly #listeners = new Map<number, Set<WindowListener>>();
  /** Those that have had no window yet. */
  readonly #waiting = new Set<WindowListener>();
  /** Whether events count as they come. Until then they are kept, and count with the other kept ones. */
  #hasBegun = false;
  #isReady = false;
  /** Whether the older past is on its way. Until it is there, the window is not complete. */
  #lacksOlder = false;
  /** From here on, no event is missing while the source is live. */
  #knownFrom = Number.POSITIVE_INFINITY;
  /** A gap that is reported now may have begun here. */
  #gapFrom: number;
  /** The same for a gap that came while the older past was on its way, which knows nothing of it. */
  #olderGapFrom = Number.POSITIVE_INFINITY;
  #latest: TrackWindow | undefined;

  constructor(options: SharedWindowOptions) {
    this.#options = options;
    this.#window = new Window(options.span, options.room);
    this.#gapFrom = options.now();
  }

  get track(): Track {
    return this.#options.track;
  }

  /** How far back the window reaches. */
  get reach(): number {
    return this.#window.reach;
  }

  /** Hands `listener` a window as soon as there is one, and from then on at each multiple of `every`. */
  add(listener: WindowListener, every: number): () => void {
    const same = this.#listeners.get(every) ?? new Set();
    this.#listeners.set(every, same);
    same.add(listener);
    if (this.#isReady) listener.window(this.#at(this.#options.now()));
    else this.#waiting.add(listener);
    return () => {
      this.#waiting.delete(listener);
      if (!same.delete(listener) || same.size > 0) return;
      this.#listeners.delete(every);
      if (this.#listeners.size === 0) this.#close();
    };
  }

  /** Counts the kept past, and from now on the events that come. */
  begin(past: RecentPast): void {
    const now = this.#options.now();
    this.#add(past);
    this.#lacksOlder = past.readOlder !== undefined;
    this.#knownFrom = past.isKnownNow ? now : now + 1;
    this.#gapFrom = Math.min(past.last, now);
    this.#hasBegun = true;
  }

  /** Adds the older past, unless the window was made to forget. */
  addOlder(past: WindowPast): void {
    if (!this.#lacksOlder) return;
    this.#lacksOlder = false;
    this.#add(past);
    this.#window.doubt({ from: this.#olderGapFrom, to: this.#knownFrom });
  }

  /** Nothing more is known of the past, so the listeners get their first window. */
  ready(): void {
    this.#isReady = true;
    this.#latest = undefined;
    for (const listener of this.#waiting) listener.window(this.#at(this.#options.now()));
    this.#waiting.clear();
  }

  event(event: SentimentEvent): void {
    if (!this.#hasBegun) return;
    const second = secondOf(event, this.#options.now());
    this.#window.add(event, second);
    this.#gapFrom = second;
  }

  gap(): void {
    const now = this.#options.now();
    const from = Math.min(this.#gapFrom, now - DOUBTED);
    const to = now + 1;
    this.#window.doubt({ from, to });
    if (this.#lacksOlder) this.#olderGapFrom = Math.min(from, this.#olderGapFrom);
    this.#knownFrom = Math.max(this.#knownFrom, to);
    this.#latest = undefined;
  }

  end(error?: UserError): void {
    const all = this.#listeners.values().flatMap((listeners) => [...listeners]);
    const told = [...all];
    this.#listeners.clear();
    this.#waiting.clear();
    this.#close();
    for (const listener of told) listener.end(error);
  }

  /** The source was live in this time. */
  sourceWasLive({ from, to }: Part): void {
    this.#know({ from: Math.max(from, this.#knownFrom), to });
  }

  /** The clock was set back, so what was counted would lie in the future. */
  forget(): void {
    this.#window.clear();
    this.#lacksOlder = false;
    this.#gapFrom = this.#options.now();
    this.#knownFrom = this.#gapFrom + 1;
    this.#latest = undefined;
  }

  /** Whether a listener is to get a window at the end of this time. */
  isDue(time: Part): boolean {
    if (!this.#hasBegun) return false;
    return (
      this.#waiting.size > 0 || this.#listeners.keys().some((every) => hasMultiple(every, time))
    );
  }

  /** Hands the window at the end of this time to the listeners that are to get it. */
  send(time: Part): void {
    if (!this.#isReady) {
      this.ready();
      return;
    }
    for (const [every, listeners] of this.#listeners) {
      if (!hasMultiple(every, time)) continue;
      for (const listener of listeners) listener.window(this.#at(time.to));
    }
  }

  #at(to: number): TrackWindow {
    if (this.#latest?.to !== to * 1000) {
      const window = this.#window.at(to);
      const previous = { ...window.previous, isComplete: false };
      this.#latest = this.#lacksOlder ? { ...window, isComplete: false, previous } : window;
    }
    return this.#latest;
  }

  #add({ events, known, counted }: WindowPast): void {
    for (const { event, second } of events) this.#window.add(event, second);
    for (const part of known) this.#know(part);
    for (const some of counted) this.#window.addCounted(some);
  }

  #know({ from, to }: Part): void {
    const within = Math.max(from, to - this.reach);
    if (within < to) this.#window.know({ from: within, to });
  }

  #close(): void {
    this.#window.clear();
    this.#options.onEnd();
  }
}

/** Whether a multiple of `every` is above `from`, and not above `to`. */
function hasMultiple(every: number, { from, to }: Part): boolean {
  return Math.floor(to / every) > Math.floor(from / every);
}
