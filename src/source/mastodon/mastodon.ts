// Mastodon: the public streams of one or several instances. A post that several of them bring counts once.

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import { SeenKeys } from '../../base/seen-keys.ts';
import { lingering } from '../linger.ts';
import { type ConnectionState, describeConnection } from '../reconnector.ts';
import type { Source, SourceSink, SourceState, Tracks } from '../source.ts';
import { Instance } from './instance.ts';
import type { Failure } from './instance-failure.ts';
import type { StreamingEvent } from './streaming-event.ts';

interface MastodonOptions {
  /** The addresses of the instances, as `https:` or `wss:`. */
  readonly urls: readonly string[];
  /** One for each address, in the same order; empty where an instance needs none. */
  readonly tokens: readonly string[];
  /** From 0 up to 1; spreads the retries of many servers. */
  readonly random: () => number;
  /** Takes a sentence for the log. */
  readonly warn: (message: string) => void;
}

/** About an hour of a large instance. Another instance repeats a post within minutes. */
const REMEMBERED_POSTS = 32_768;

export function createMastodon(options: MastodonOptions, sink: SourceSink, clock: Clock): Source {
  return lingering(new Mastodon(options, sink, clock), clock);
}

class Mastodon implements Source {
  readonly name = 'mastodon';
  readonly isTextPublic = true;
  readonly #sink: SourceSink;
  readonly #warn: (message: string) => void;
  readonly #instances: readonly Instance[];
  /** By instance. */
  readonly #connections: ConnectionState<Failure>[];
  /** By instance: the last failure that the log was told of, until the instance is live again. */
  readonly #warned: (string | undefined)[] = [];
  readonly #delivered = new SeenKeys(REMEMBERED_POSTS);
  /** The posts that each instance can delete, by the ids that it gives them. */
  readonly #postIds = new LRUCache<string, string>({ max: REMEMBERED_POSTS });
  #state: SourceState = { name: 'idle' };
  #isRunning = false;
  #isClosed = false;

  constructor({ urls, tokens, random, warn }: MastodonOptions, sink: SourceSink, clock: Clock) {
    this.#sink = sink;
    this.#warn = warn;
    this.#connections = urls.map(() => 'connecting');
    this.#instances = urls.map(
      (url, number) =>
        new Instance({
          url,
          token: tokens[number] ?? '',
          clock,
          random,
          onEvent: (event) => this.#read(event, number),
          onBad: (reason) => sink.bad(reason),
          onGap: () => sink.gap(),
          onState: (state) => this.#follow(state, number),
        }),
    );
  }

  get state(): SourceState {
    return this.#state;
  }

  /** An instance streams everything, or one hashtag. So every post comes while anything is tracked. */
  want(tracks: Tracks): void {
    if (this.#isClosed || tracks.size > 0 === this.#isRunning) return;
    if (this.#isRunning) {
      void this.#stop();
      return;
    }
    // Each instance reports its state at once; the source reports one state of all.
    this.#connections.fill('connecting');
    for (const instance of this.#instances) instance.open();
    this.#isRunning = true;
    this.#update();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#stop();
  }

  async #stop(): Promise<void> {
    this.#isRunning = false;
    const closed = this.#instances.map((instance) => instance.close());
    this.#update();
    await Promise.all(closed);
  }

  #read(event: Extract<StreamingEvent, { kind: 'post' | 'deleted' }>, number: number): void {
    const key = `${number} ${event.id}`;
    if (event.kind === 'deleted') {
      const id = this.#postIds.get(key);
      if (id !== undefined) this.#sink.deleted(id);
      return;
    }
    const { post } = event;
    const isRepeat = this.#delivered.check(post.id);
    // An instance that only repeats a post of others must not make it vanish.
    if (!isRepeat || this.#instances[number]?.isHomeOf(post.id)) this.#postIds.set(key, post.id);
    if (isRepeat) this.#sink.repeated();
    else this.#sink.post(post);
  }

  #follow(state: ConnectionState<Failure>, number: number): void {
    this.#connections[number] = state;
    if (state === 'live') this.#warned[number] = undefined;
    this.#update();
    if (this.#state.name === 'live') this.#warnOfOthers();
  }

  /** While posts of one instance flow, the state of the source does not say that others wait. */
  #warnOfOthers(): void {
    for (const [number, state] of this.#connections.entries()) {
      if (typeof state === 'string' || this.#warned[number] === state.failure.reason) continue;
      this.#warned[number] = state.failure.reason;
      this.#warn(`${state.failure.reason}; other instances go on`);
    }
  }

  #update(): void {
    const state = this.#isRunning ? summarize(this.#connections) : ({ name: 'idle' } as const);
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#sink.state(state);
  }
}

/** The source is live while one instance is. Otherwise, it waits for the first instance that is tried again. */
function summarize(connections: readonly ConnectionState<Failure>[]): SourceState {
  for (const name of ['live', 'connecting'] as const) {
    if (connections.includes(name)) return { name };
  }
  const waiting = connections
    .filter((state) => typeof state === 'object')
    .sort((a, b) => (a.until ?? Number.POSITIVE_INFINITY) - (b.until ?? Number.POSITIVE_INFINITY));
  const reason = waiting.map(({ failure }) => failure.reason).join('; ');
  return describeConnection({ failure: { reason }, until: waiting[0]?.until });
}
