// The node that ingests. It runs the source for the tracks of all nodes, and sends each event to the nodes that want it.

import type { Clock } from '../base/clock.ts';
import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import { type CloseOptions, partsOf, type SourceState } from '../source/source.ts';
import type { FeedSink } from '../stream/feed.ts';
import type { Ingest } from '../stream/ingest.ts';
import { isAt, readCanonical, type Track } from '../track/track.ts';
import { addHeader, channelOf, encodeEvent } from './event-message.ts';
import { isWanted, type Want } from './interest.ts';
import { type Ingesting, tellSource } from './node-message.ts';
import type { Term } from './term.ts';

interface LeaderOptions {
  readonly term: Term;
  readonly clock: Clock;
  readonly ingest: (sink: FeedSink<Route>) => Ingest<Route>;
  /** Whether this node may still ingest; asked before every event. */
  readonly mayPublish: () => boolean;
  /** Sends to the peers. */
  readonly send: (channel: string, message: Uint8Array) => void;
  /** Delivers to this node itself. */
  readonly deliver: (event: SentimentEvent, wants: readonly Want[]) => void;
  readonly deleted: (post: PostKey) => void;
  /** Reports a gap to this node itself. */
  readonly gap: (want: Want) => void;
  /** Called in a later microtask, so that `open` has returned. */
  readonly onRejected: (track: string, error: UserError) => void;
}

/** The last event of a track that the peers were sent. */
interface Place {
  readonly track: Track;
  /** The sequence number of the last event of the track. */
  readonly sequence: number;
  /** The position of the last event of any track. */
  readonly position: Position;
}

/** Where the events of one track go. */
export interface Route {
  want: Want;
  readonly track: Track;
  /** Undefined until there is something to send. */
  channel: string | undefined;
  /** The sequence number of the last event. */
  sequence: number;
}

/**
 * A leader opens this many tracks, or works for this many milliseconds, and then yields to the event loop, so that
 * it renews the lease and serves its listeners in between.
 */
const SLICE = { tracks: 1000, ms: 10 } as const;
/**
 * The most that a leader opens. The index of a track takes about 2 kB, and of long tracks up to 200 bytes for each
 * character, so all of them take 2 GB at the very worst.
 */
export const MAX_OPEN = { tracks: 500_000, characters: 8 * 1024 * 1024 } as const;
/** The most rejections that a leader sends in a second; the rest wait. */
export const REJECTIONS_A_SECOND = 1000;
const FULL = 'The nodes follow as many tracks as one of them can hold; try again later.';
/** The most characters of a track that a message quotes. */
const QUOTED_CHARACTERS = 100;

export class Leader {
  readonly #options: LeaderOptions;
  readonly #ingest: Ingest<Route>;
  readonly #routes = new Map<string, Route>();
  /** Tracks that could not be opened, and that some node still wants. */
  readonly #rejected = new Map<string, Want>();
  #rejectionsLeft = REJECTIONS_A_SECOND;
  /** The characters of the tracks of all routes. */
  #characters = 0;
  /** Tracks to open or close, each as it is wanted now. */
  readonly #changes = new Map<string, Want>();
  /** The tracks of the start, and then `#changes`. Kept between slices, as a new iterator passes all deleted entries. */
  #queue: IterableIterator<Want>;
  /** Until all tracks of the start are open, the source is asked for none. */
  #isStarting = true;
  /** Whether the source has not been told of the last changes. */
  #isUntold = false;
  #isWorking = false;
  #cancelSlice = () => {};
  /** At least as large as every sequence number so far. A track that is closed and opened again goes on from here. */
  #events = 0;

  constructor(options: LeaderOptions, wants: Iterable<Want>) {
    this.#options = options;
    const { deleted } = options;
    this.#ingest = options.ingest({
      deleted,
      event: (event, routes) => this.#publish(event, routes),
      gap: (route) => this.#skip(route),
      rejected: (track, error) => this.#rejectOpen(track, error),
    });
    this.#queue = [...wants].values();
    this.#work();
  }

  get source(): Ingesting {
    const { epoch } = this.#options.term;
    const { source } = this.#ingest;
    const state: SourceState | undefined = this.#isStarting ? { name: 'connecting' } : undefined;
    return tellSource(epoch, source, state);
  }

  /** Whether it has yet to open or close some tracks. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** The last events of a track and of all tracks; undefined unless a peer gets the events of the track. */
  placeOf({ canonical }: Want): Place | undefined {
    const route = this.#routes.get(canonical);
    if (route === undefined || route.want.peers === 0) return undefined;
    const { track, sequence } = route;
    return { track, sequence, position: this.#ingest.position };
  }

  /** Opens and closes tracks, many of them slice by slice. */
  change(opened: readonly Want[], closed: readonly Want[]): void {
    for (const want of closed) {
      const { canonical } = want;
      this.#rejected.delete(canonical);
      // A track that was never opened needs no closing, so the list never outgrows what is wanted.
      if (this.#routes.has(canonical)) this.#changes.set(canonical, want);
      else this.#changes.delete(canonical);
    }
    for (const want of opened) this.#changes.set(want.canonical, want);
    if (!this.#isWorking) this.#work();
  }

  /**
   * Tries rejected tracks again, once a second. There may be room by now, or a node may have opened one of them just
   * when its rejection was sent.
   */
  retryRejected(): void {
    this.#rejectionsLeft = REJECTIONS_A_SECOND;
    const wants = [...this.#rejected.values().take(REJECTIONS_A_SECOND)];
    for (const { canonical } of wants) this.#rejected.delete(canonical);
    this.change(wants, []);
  }

  stop(options?: CloseOptions): Promise<void> {
    this.#cancelSlice();
    this.#changes.clear();
    this.#rejected.clear();
    this.#isWorking = true;
    return this.#ingest.stop(options);
  }

  #work(): void {
    const { clock } = this.#options;
    const end = clock.monotonic() + SLICE.ms;
    let done = 0;
    let isFull = false;
    this.#isWorking = true;
    for (const want of this.#queue) {
      // A want of the start may have been closed, and another one opened for its track.
      if (this.#changes.get(want.canonical) === want) this.#changes.delete(want.canonical);
      this.#apply(want);
      done += 1;
      isFull = done === SLICE.tracks || clock.monotonic() >= end;
      if (isFull) break;
    }
    if (!isFull) {
      this.#queue = this.#changes.values();
      this.#isStarting = false;
    }
    this.#isWorking = isFull || this.#changes.size > 0;
    if (this.#isWorking) this.#cancelSlice = clock.after(0, () => this.#work());
    this.#isUntold ||= done > 0;
    if (this.#isStarting || !this.#isUntold) return;
    this.#isUntold = false;
    this.#ingest.tell();
  }

  #apply(want: Want): void {
    const { canonical } = want;
    const route = this.#routes.get(canonical);
    if (!isWanted(want)) {
      if (route !== undefined) this.#close(route);
      return;
    }
    // A node that was forgotten for a while continues from its last number, so the next number shows it the gap.
    this.#events += 1;
    if (route !== undefined) {
      route.want = want;
      route.sequence = this.#events;
      return;
    }
    const { tracks, characters } = MAX_OPEN;
    if (this.#routes.size >= tracks || this.#characters + canonical.length > characters) {
      this.#reject(want, new UserError('LIMIT_REACHED', FULL));
      return;
    }
    const track = readCanonical(canonical);
    if (
      track === undefined ||
      !partsOf(this.#ingest.source).some(({ name }) => isAt(track, name))
    ) {
      const quoted = canonical.slice(0, QUOTED_CHARACTERS);
      const message = `The node that ingests cannot follow "${quoted}"; use the same version of Senti and the same sources for all nodes.`;
      this.#reject(want, new UserError('BAD_TRACK', message));
      return;
    }
    this.#characters += canonical.length;
    const opened = { want, track, channel: undefined, sequence: this.#events };
    this.#routes.set(canonical, opened);
    this.#ingest.add(track, opened);
  }

  #publish(event: SentimentEvent, routes: readonly Route[]): void {
    const { term, mayPublish, send, deliver } = this.#options;
    if (!mayPublish()) return;
    this.#events += 1;
    let bytes: Buffer | undefined;
    const own: Want[] = [];
    for (const route of routes) {
      route.sequence += 1;
      if (route.want.peers > 0) {
        bytes ??= encodeEvent(event);
        route.channel ??= channelOf(route.track.canonical);
        send(route.channel, addHeader({ epoch: term.epoch, sequence: route.sequence }, bytes));
      }
      if (route.want.own) own.push(route.want);
    }
    if (own.length > 0) deliver(event, own);
  }

  /** Leaves out a number, which shows every node the gap before the next event. */
  #skip(route: Route): void {
    this.#events += 1;
    route.sequence += 1;
    if (route.want.own) this.#options.gap(route.want);
  }

  #close({ track }: Route): void {
    this.#routes.delete(track.canonical);
    this.#characters -= track.canonical.length;
    this.#ingest.remove(track);
  }

  #rejectOpen({ canonical }: Track, error: UserError): void {
    const route = this.#routes.get(canonical);
    if (route === undefined) return;
    this.#close(route);
    this.#ingest.tell();
    this.#reject(route.want, error);
  }

  #reject(want: Want, error: UserError): void {
    const { canonical } = want;
    this.#rejected.set(canonical, want);
    if (this.#rejectionsLeft === 0) return;
    this.#rejectionsLeft -= 1;
    queueMicrotask(() => {
      if (this.#rejected.get(canonical) === want) this.#options.onRejected(canonical, error);
    });
  }
}
