// Bluesky: every public post as Jetstream tells it, over one connection, resumed where it broke.

import type { Clock } from '../../base/clock.ts';
import type { Post } from '../../base/post.ts';
import { SeenKeys } from '../../base/seen-keys.ts';
import type { Track } from '../../track/track.ts';
import { backoff, type Schedule } from '../backoff.ts';
import { lingering } from '../linger.ts';
import type { Source, SourceSink, SourceState } from '../source.ts';
import { Cursor } from './cursor.ts';
import { type Line, type Loss, MAX_FRAME_BYTES, openLine } from './jetstream-connection.ts';
import { decodeFrame, POST_COLLECTION } from './jetstream-event.ts';

export interface BlueskyOptions {
  /** Jetstream v1 hosts as `ws:` or `wss:` addresses, tried in turn; none stands for the public ones. */
  readonly urls: readonly string[];
  /** From 0 up to 1; spreads the retries of many servers. */
  readonly random: () => number;
}

/** Two regions, so that the trouble of one leaves the other. */
const PUBLIC_HOSTS = [
  'wss://jetstream2.us-east.bsky.network/subscribe',
  'wss://jetstream1.us-west.bsky.network/subscribe',
];

/** A blip is over in a second; a host that is down is left in peace. In milliseconds. */
const RETRIES: Schedule = { first: 500, factor: 2, step: 0, most: 30_000 };
/** What ten minutes bring, which is as far back as a resumed connection can begin. */
const REMEMBERED_POSTS = 32_768;

export function createBluesky(options: BlueskyOptions, sink: SourceSink, clock: Clock): Source {
  return lingering(new Bluesky(options, sink, clock), clock);
}

class Bluesky implements Source {
  readonly name = 'bluesky';
  readonly #urls: readonly URL[];
  readonly #random: () => number;
  readonly #sink: SourceSink;
  readonly #clock: Clock;
  readonly #cursor = new Cursor();
  readonly #recent = new SeenKeys(REMEMBERED_POSTS);
  #state: SourceState = { name: 'idle' };
  /** The last line, which may have ended. */
  #line: Line | undefined;
  #cancelRetry = () => {};
  /** Before `due`, on the monotonic clock, no line may be opened: it is kept when the last listener leaves. */
  #pause = { reason: '', due: Number.NEGATIVE_INFINITY };
  /** Which of the hosts is tried; grows, and wraps around. */
  #turn = 0;
  /** Lines in a row that brought nothing new. */
  #failures = 0;
  /** Whether this line brought a post that none before it had. */
  #fresh = false;
  /** Where the last line ended by a broken frame. */
  #brokenAt: number | undefined;
  #closed = false;

  constructor(options: BlueskyOptions, sink: SourceSink, clock: Clock) {
    const { urls, random } = options;
    this.#urls = (urls.length > 0 ? urls : PUBLIC_HOSTS).map((url) => new URL(url));
    this.#random = random;
    this.#sink = sink;
    this.#clock = clock;
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Jetstream cannot search: every post comes, whatever is tracked, for as long as anything is. */
  want(tracks: ReadonlySet<Track>): void {
    const isRunning = this.#state.name !== 'idle';
    if (this.#closed || tracks.size > 0 === isRunning) return;
    if (tracks.size > 0) this.#start();
    else this.#stop();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await this.#line?.close();
  }

  get #url(): URL {
    return this.#urls[this.#turn % this.#urls.length] as URL;
  }

  #start(): void {
    const wait = this.#pause.due - this.#clock.monotonic();
    if (wait > 0) this.#wait(wait);
    else this.#connect();
  }

  /** The next listener gets posts from then on, so the cursor is forgotten. */
  #stop(): void {
    const { name } = this.#state;
    if (name === 'idle') return;
    this.#cancelRetry();
    void this.#line?.close();
    this.#cursor.forget();
    if (name !== 'waiting' && !this.#fresh) {
      this.#fail(`${this.#url.host} had brought nothing when the last listener left`);
      this.#turn += 1;
    }
    this.#become({ name: 'idle' });
  }

  #connect(): void {
    const url = this.#url;
    const cursor = this.#cursor.begin(url.href, this.#clock.now());
    this.#fresh = false;
    this.#line = openLine(
      subscription(url, cursor),
      {
        open: () => this.#become({ name: 'live' }),
        text: (text) => this.#frame(text),
        odd: (reason) => this.#sink.bad(`${url.host}: ${reason}`),
        lost: (loss) => this.#retry(url.host, loss),
      },
      this.#clock,
    );
    this.#become({ name: 'connecting' });
  }

  #frame(text: string): void {
    const frame = decodeFrame(text);
    // Before the post: a listener that it makes leave has the cursor forgotten.
    if (frame.timeUs !== undefined) this.#cursor.note(frame.timeUs, this.#clock.now());
    if (frame.kind === 'bad') {
      this.#sink.bad(frame.reason);
    } else if (frame.kind === 'post') {
      this.#post(frame.post, frame.key);
    }
  }

  #post(post: Post, key: string): void {
    if (this.#recent.check(key)) {
      this.#sink.repeated();
      return;
    }
    this.#fresh = true;
    this.#failures = 0;
    this.#sink.post(post);
  }

  #retry(host: string, { reason, silent, brokenFrame }: Loss): void {
    if (brokenFrame) {
      this.#sink.bad(`${host} ${reason}`);
      // Twice at one place: it would come for ever, so the stream goes on behind it, at now.
      if (this.#brokenAt !== undefined && this.#brokenAt === this.#cursor.reached) {
        this.#cursor.forget();
      }
      this.#brokenAt = this.#cursor.reached;
    }
    // The host that was fine until now knows our cursor best; one that has nothing to say does not.
    if (silent || !this.#fresh) this.#turn += 1;
    this.#wait(this.#fail(`${host} ${reason}`));
  }

  /** A line has ended. Returns how long it is until the next one may be opened, in milliseconds. */
  #fail(reason: string): number {
    const wait = backoff(RETRIES, this.#failures, this.#random);
    this.#failures += 1;
    this.#pause = { reason, due: this.#clock.monotonic() + wait };
    return wait;
  }

  #wait(ms: number): void {
    const until = this.#clock.now() + ms;
    this.#cancelRetry = this.#clock.after(ms, () => this.#connect());
    this.#become({ name: 'waiting', reason: this.#pause.reason, until });
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
