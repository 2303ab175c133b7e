// All windows that clients watch. One timer moves them on, second by second, and has each one computed once for all of
// its listeners.

import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/user-error.ts';
import { isWhole } from '../source/source.ts';
import type { LookBack } from '../stream/history.ts';
import type { Multiplexer } from '../stream/multiplexer.ts';
import type { Telemetry } from '../stream/telemetry.ts';
import type { WindowListener, WindowRequest, Windows } from '../stream/windows.ts';
import type { Track } from '../track/track.ts';
import type { HashtagRoom } from './hashtag-tally.ts';
import type { Part } from './parts.ts';
import { SharedWindow } from './shared-window.ts';
import { readKept } from './window-past.ts';

interface LiveWindowsOptions {
  readonly multiplexer: Pick<Multiplexer, 'listen' | 'read' | 'source'>;
  readonly lookBack: LookBack;
  readonly clock: Clock;
  /** Distinct windows at once. */
  readonly maxWindows: number;
  readonly telemetry: Pick<Telemetry, 'rejected'>;
}

/** Hashtags that all buckets of all windows may hold, each with its count. They take about 100 bytes each. */
const HASHTAGS = 500_000;
/** Windows computed in one tick. One takes about a tenth of a millisecond, and one with very many hashtags a whole one. */
const WINDOWS_A_TICK = 20;
/** After a longer time without a tick, in seconds, it is unknown whether the source was live. */
const LONGEST_STALL = 10;
/** If the clock is set back by less, windows wait until it has caught up; in seconds. */
const WAITED_FOR = 10;
/** Everything that a reader has. */
const EVERYTHING = { last: Number.MAX_SAFE_INTEGER };

/** Times are whole seconds since 1970. */
export class LiveWindows implements Windows {
  readonly #options: LiveWindowsOptions;
  readonly #windows = new Map<string, SharedWindow>();
  readonly #room: HashtagRoom = { left: HASHTAGS };
  /** How far the windows have been moved on. */
  #second = 0;
  /** Windows that are to be sent, and the time since they were last looked at. */
  readonly #due = new Map<SharedWindow, Part>();
  #cancel: (() => void) | undefined;

  constructor(options: LiveWindowsOptions) {
    this.#options = options;
  }

  /** How many distinct windows are watched. */
  get size(): number {
    return this.#windows.size;
  }

  watch({ track, span, every }: WindowRequest, listener: WindowListener): () => void {
    this.#moveOn();
    const { maxWindows, telemetry, multiplexer } = this.#options;
    const key = `${span} ${track.canonical}`;
    const known = this.#windows.get(key);
    if (known !== undefined) return known.add(listener, every);
    if (this.#windows.size >= maxWindows) {
      const reason = `The server has reached its limit of ${maxWindows} different windows; watch a track and span that another client watches, or try again later.`;
      telemetry.rejected('tracks', reason);
      listener.end(new UserError('LIMIT_REACHED', reason));
      return () => {};
    }
    let hasEnded = false;
    let stop = () => {};
    const shared = new SharedWindow({
      track,
      span,
      room: this.#room,
      now: () => this.#now(),
      onEnd: () => {
        if (hasEnded) return;
        hasEnded = true;
        stop();
        this.#windows.delete(key);
        if (this.#windows.size === 0) this.#cancel?.();
      },
    });
    shared.isLive = this.#isLive(track);
    const leave = shared.add(listener, every);
    this.#windows.set(key, shared);
    stop = multiplexer.listen(track, shared);
    if (hasEnded) {
      stop();
      return leave;
    }
    if (this.#windows.size === 1) this.#schedule();
    multiplexer.read(track, EVERYTHING, async (reader) => {
      if (hasEnded) return;
      const now = this.#now();
      const time = { from: now - shared.reach, to: now };
      const past = readKept(track, reader, time, this.#isLive(track));
      shared.begin(past);
      if (past.readOlder !== undefined) {
        const older = await past.readOlder(this.#options.lookBack);
        if (hasEnded) return;
        shared.addOlder(older);
        this.#moveOn();
      }
      shared.ready();
    });
    return leave;
  }

  #isLive(track: Track): boolean {
    return isWhole(this.#options.multiplexer.source, track);
  }

  #now(): number {
    return Math.floor(this.#options.clock.now() / 1000);
  }

  #schedule(): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(1000 - (clock.now() % 1000), () => {
      this.#schedule();
      this.#moveOn();
    });
  }

  /** Brings every window to the running second, and sends those that are due. */
  #moveOn(): void {
    const now = this.#now();
    const time = { from: this.#second, to: now };
    if (now === this.#second || (now < this.#second && now > this.#second - WAITED_FOR)) return;
    const windows = [...this.#windows.values()];
    if (now < this.#second) for (const window of windows) window.forget();
    const isLong = now - this.#second > LONGEST_STALL;
    this.#second = now;
    for (const window of windows) {
      const isLive = this.#isLive(window.track);
      if (isLive && window.isLive && !isLong) window.sourceWasLive(time);
      window.isLive = isLive;
    }
    const isSending = this.#due.size > 0;
    for (const window of windows) {
      if (!window.isDue(time)) continue;
      // A server that cannot keep up skips windows.
      this.#due.set(window, { from: this.#due.get(window)?.from ?? time.from, to: time.to });
    }
    if (!isSending) this.#send();
  }

  /** Sends some windows now, and the others in later ticks, so that live events pass in between. */
  #send(): void {
    let sent = 0;
    for (const [window, time] of this.#due) {
      if (sent === WINDOWS_A_TICK) {
        this.#options.clock.after(0, () => this.#send());
        return;
      }
      this.#due.delete(window);
      window.send(time);
      sent += 1;
    }
  }
}
