// Bluesky: every public post, from Jetstream, over one connection that resumes where it broke.

import type { Clock } from '../../base/clock.ts';
import { SeenKeys } from '../../base/seen-keys.ts';
import { backoff, type Schedule } from '../backoff.ts';
import { lingering } from '../linger.ts';
import { describeConnection, Reconnector } from '../reconnector.ts';
import { connectSocket, type Loss, type SocketConnection } from '../socket-connection.ts';
import type { Source, SourceSink, SourceState, Tracks } from '../source.ts';
import { Cursor, type Position } from './cursor.ts';
import { PUBLIC_HOSTS, subscription } from './jetstream-address.ts';
import { type JetstreamEvent, readEvent } from './jetstream-event.ts';

interface BlueskyOptions {
  /** Jetstream hosts as `ws:` or `wss:` addresses, tried in turn. None stands for the public ones. */
  readonly urls: readonly string[];
  /** From 0 up to 1; spreads the retries of many servers. */
  readonly random: () => number;
}

const RETRIES: Schedule = { first: 500, factor: 2, step: 0, most: 30_000 };
/** A post takes about 1 kB. Senti asks Jetstream to leave out larger frames, and drops a host that sends one. */
export const MAX_FRAME_BYTES = 256 * 1024;
/**
 * How long pings alone keep a connection. Public hosts are known to stall and yet answer pings, and nothing tells
 * such a host from a quiet one. So one bound holds for all hosts: the next connection, to the next host, resumes
 * where this one stopped. A quiet host pays with a handshake this often, and a stall delays posts at most so long.
 */
export const LONGEST_WITHOUT_FRAME_MS = 3 * 60_000;
/** More than a connection repeats when it resumes. */
const REMEMBERED_POSTS = 32_768;
/** Events older than this come from a long break. Senti catches up with a shorter one at once. */
export const CATCHING_UP_AFTER_MS = 60_000;
/**
 * How Senti reads the events of a long break: so many at once, and then it rests. A rest makes 5,000 events a second,
 * about a hundred times as fast as live ones and the most that a host of v1 sends. That leaves time for other work, and
 * protects listeners of other nodes, which this node cannot see. While its own listeners are behind, a long rest makes
 * 250 a second. That is still faster than live, so that catching up comes to an end whatever a listener does. A host of
 * v2 drops a client that takes fewer than 5.
 */
export const CATCHING_UP = { atOnce: 100, restMs: 20, longRestMs: 400 } as const;

const BAD_REQUEST = 400;

export function createBluesky(options: BlueskyOptions, sink: SourceSink, clock: Clock): Source {
  return lingering(new Bluesky(options, sink, clock), clock);
}

class Bluesky implements Source {
  readonly name = 'bluesky';
  readonly isTextPublic = true;
  readonly #urls: readonly URL[];
  readonly #sink: SourceSink;
  readonly #clock: Clock;
  readonly #reconnector: Reconnector<Loss>;
  readonly #cursor = new Cursor();
  readonly #delivered = new SeenKeys(REMEMBERED_POSTS);
  #state: SourceState = { name: 'idle' };
  /** The last one, which may have ended. */
  #connection: SocketConnection | undefined;
  /** Counts up; which of the hosts is next is the remainder. */
  #hostNumber = 0;
  /** Connections in a row that brought no new post, and did not even answer a ping. */
  #failures = 0;
  /** This connection brought a new post. */
  #works = false;
  /** Listeners know that this connection left out posts. */
  #isGapTold = false;
  /** Events of a long break in a row, since the last rest. */
  #lateEvents = 0;
  /** The cursor when the last broken frame came. */
  #brokenAt: number | undefined;
  #isClosed = false;

  constructor({ urls, random }: BlueskyOptions, sink: SourceSink, clock: Clock) {
    this.#urls = (urls.length > 0 ? urls : PUBLIC_HOSTS).map((url) => new URL(url));
    this.#sink = sink;
    this.#clock = clock;
    this.#reconnector = new Reconnector<Loss>({
      clock,
      connect: ({ live, fail }) => this.#connect(live, fail),
      retry: () => ({ wait: backoff(RETRIES, this.#failures++, random) }),
      onState: (state) => this.#become(describeConnection(state)),
    });
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Jetstream cannot search, so every post comes while anything is tracked. */
  want(tracks: Tracks): void {
    const isRunning = this.#state.name !== 'idle';
    if (this.#isClosed || tracks.size > 0 === isRunning) return;
    if (isRunning) this.#stop();
    else this.#reconnector.open();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    await this.#connection?.close();
  }

  get #url(): URL {
    return this.#urls[this.#hostNumber % this.#urls.length] as URL;
  }

  #stop(): void {
    const { name } = this.#state;
    if (name === 'idle') return;
    const { host } = this.#url;
    const isWasted = name !== 'waiting' && !this.#works;
    const reason = `${host} had brought nothing when the last listener left`;
    this.#reconnector.close(isWasted ? { reason } : undefined);
    if (isWasted) this.#hostNumber += 1;
    // The next listener gets posts from then on.
    this.#cursor.forget();
    this.#become({ name: 'idle' });
  }

  #connect(live: () => void, fail: (loss: Loss) => void): () => void {
    const url = this.#url;
    const cursor = this.#cursor.begin(url.href, this.#clock.now());
    this.#works = false;
    this.#isGapTold = false;
    const address = subscription(url, MAX_FRAME_BYTES, cursor);
    const connection = connectSocket(
      address,
      { maxFrameBytes: MAX_FRAME_BYTES, longestWithoutFrameMs: LONGEST_WITHOUT_FRAME_MS },
      {
        open: live,
        // A quiet host works. Whether it has stalled instead, only another host can show.
        answered: () => {
          this.#failures = 0;
        },
        text: (text) => {
          const event = readEvent(text);
          this.#read(event);
          return event.kind !== 'bad' || event.position !== undefined;
        },
        bad: (reason) => this.#sink.bad(`${url.host}: ${reason}`),
        lost: (loss) => {
          const reason = `${url.host} ${loss.reason}`;
          this.#lose({ ...loss, reason });
          fail({ reason });
        },
      },
      this.#clock,
    );
    this.#connection = connection;
    return () => void connection.close();
  }

  #read(event: JetstreamEvent): void {
    // Before the post, which may make its last listener leave and so forget the cursor.
    if ('position' in event && event.position !== undefined && !this.#note(event.position)) return;
    switch (event.kind) {
      case 'post':
        if (this.#delivered.check(event.key)) {
          this.#sink.repeated();
          return;
        }
        this.#works = true;
        this.#failures = 0;
        this.#sink.post(event.post);
        return;
      case 'deleted':
        this.#sink.deleted(event.id);
        return;
      case 'bad':
        this.#sink.bad(event.reason);
        return;
      case 'gap':
        this.#tellGap();
        return;
      case 'unknown cursor':
        this.#forgetNumber();
        return;
      case 'end':
        this.#connection?.fail({ reason: event.reason });
        return;
      case 'other':
    }
  }

  /** Returns false if the connection ends here. */
  #note(position: Position): boolean {
    const now = this.#clock.now();
    const surprise = this.#cursor.note(position, now);
    if (surprise === 'wrong place') {
      this.#forgetNumber();
      return false;
    }
    if (surprise === 'gap') this.#tellGap();
    this.#pace(now - position.timeUs / 1000 > CATCHING_UP_AFTER_MS);
    return true;
  }

  /** The connection is not read meanwhile, so TCP holds the host up, and nothing piles up here. */
  #pace(isLate: boolean): void {
    const { atOnce, restMs, longRestMs } = CATCHING_UP;
    this.#lateEvents = isLate ? this.#lateEvents + 1 : 0;
    if (this.#lateEvents < atOnce) return;
    this.#lateEvents = 0;
    this.#connection?.rest(this.#sink.isBehind?.() ? longRestMs : restMs);
  }

  /** Resumes by time. */
  #forgetNumber(): void {
    this.#cursor.forgetNumber();
    this.#connection?.fail({ reason: 'numbers its events differently than before' });
  }

  /** Reports one gap a connection at most, because the listeners of every track hear of it. */
  #tellGap(): void {
    if (!this.#isGapTold) this.#sink.gap();
    this.#isGapTold = true;
  }

  /** Chooses where to resume. */
  #lose({ reason, silent, brokenFrame, status }: Loss): void {
    if (this.#state.name === 'live') this.#cursor.listenedUntil(this.#clock.now());
    if (brokenFrame) {
      this.#sink.bad(reason);
      // The same frame would end every connection, so the stream skips it and goes on at now.
      if (this.#brokenAt !== undefined && this.#brokenAt === this.#cursor.reached) {
        this.#cursor.forget();
        this.#sink.gap();
      }
      this.#brokenAt = this.#cursor.reached;
    }
    if (this.#cursor.isStuck) {
      this.#cursor.forget();
      this.#sink.gap();
    }
    // The number may be too old. A host takes any time.
    if (status === BAD_REQUEST) this.#cursor.forgetNumber();
    // A host that worked knows our cursor best, so only one that brought nothing is left.
    if (silent || !this.#works) this.#hostNumber += 1;
  }

  #become(state: SourceState): void {
    this.#state = state;
    this.#sink.state(state);
  }
}
