// Bluesky: every public post, from Jetstream, over one connection that resumes where it broke.

import type { Clock } from '../../base/clock.ts';
import { SeenKeys } from '../../base/seen-keys.ts';
import type { Track } from '../../track/track.ts';
import { backoff, type Schedule } from '../backoff.ts';
import { lingering } from '../linger.ts';
import { describeConnection, Reconnector } from '../reconnector.ts';
import type { Source, SourceSink, SourceState } from '../source.ts';
import { Cursor } from './cursor.ts';
import {
  connectJetstream,
  type JetstreamConnection,
  type Loss,
  MAX_FRAME_BYTES,
} from './jetstream-connection.ts';
import { POST_COLLECTION, readEvent } from './jetstream-event.ts';

export interface BlueskyOptions {
  /** Jetstream v1 hosts as `ws:` or `wss:` addresses, tried in turn. None stands for the public ones. */
  readonly urls: readonly string[];
  /** From 0 up to 1; spreads the retries of many servers. */
  readonly random: () => number;
}

/** In two regions, so that an outage of one leaves the other. */
const PUBLIC_HOSTS = [
  'wss://jetstream2.us-east.bsky.network/subscribe',
  'wss://jetstream1.us-west.bsky.network/subscribe',
];

const RETRIES: Schedule = { first: 500, factor: 2, step: 0, most: 30_000 };
/** The posts of ten minutes, which is as far back as a connection resumes. */
const REMEMBERED_POSTS = 32_768;

export function createBluesky(options: BlueskyOptions, sink: SourceSink, clock: Clock): Source {
  return lingering(new Bluesky(options, sink, clock), clock);
}

class Bluesky implements Source {
  readonly name = 'bluesky';
  readonly #urls: readonly URL[];
  readonly #sink: SourceSink;
  readonly #clock: Clock;
  readonly #reconnector: Reconnector<Loss>;
  readonly #cursor = new Cursor();
  readonly #delivered = new SeenKeys(REMEMBERED_POSTS);
  #state: SourceState = { name: 'idle' };
  /** The last one, which may have ended. */
  #connection: JetstreamConnection | undefined;
  /** Counts up; which of the hosts is next is the remainder. */
  #hostNumber = 0;
  /** Connections in a row that brought no new post. */
  #failures = 0;
  /** This connection brought a new post. */
  #isFresh = false;
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
  want(tracks: ReadonlySet<Track>): void {
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
    const isWasted = name !== 'waiting' && !this.#isFresh;
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
    this.#isFresh = false;
    const connection = connectJetstream(
      subscription(url, cursor),
      {
        open: live,
        text: (text) => this.#read(text),
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

  #read(text: string): void {
    const event = readEvent(text);
    // Before the post, which may make its last listener leave and so forget the cursor.
    if (event.timeUs !== undefined) this.#cursor.note(event.timeUs, this.#clock.now());
    if (event.kind === 'bad') {
      this.#sink.bad(event.reason);
    } else if (event.kind === 'post') {
      if (this.#delivered.check(event.key)) {
        this.#sink.repeated();
        return;
      }
      this.#isFresh = true;
      this.#failures = 0;
      this.#sink.post(event.post);
    }
  }

  /** Chooses where to resume. */
  #lose({ reason, silent, brokenFrame }: Loss): void {
    if (brokenFrame) {
      this.#sink.bad(reason);
      // The same frame would end every connection, so the stream skips it and goes on at now.
      if (this.#brokenAt !== undefined && this.#brokenAt === this.#cursor.reached) {
        this.#cursor.forget();
      }
      this.#brokenAt = this.#cursor.reached;
    }
    // A host that worked knows our cursor best, so only one that brought nothing is left.
    if (silent || !this.#isFresh) this.#hostNumber += 1;
  }

  #become(state: SourceState): void {
    this.#state = state;
    this.#sink.state(state);
  }
}

/** The address that asks `url` for posts alone, from `cursor` on. */
function subscription(url: URL, cursor: number | undefined): string {
  const address = new URL(url);
  if (address.pathname === '/') address.pathname = '/subscribe';
  address.searchParams.set('wantedCollections', POST_COLLECTION);
  address.searchParams.set('maxMessageSizeBytes', String(MAX_FRAME_BYTES));
  address.searchParams.delete('cursor');
  if (cursor !== undefined) address.searchParams.set('cursor', String(cursor));
  return address.href;
}
