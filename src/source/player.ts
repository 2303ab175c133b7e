// Plays posts at a steady rate while anything is tracked. The basis of replay and sample.

import { type Clock, sleep } from '../base/clock.ts';
import type { Post } from '../base/post.ts';
import type { Source, SourceSink, SourceState, Tracks } from './source.ts';

/** Posts a second; `max` is as fast as they can be read. */
export type Rate = number | 'max';

interface Playlist {
  readonly name: string;
  readonly rate: Rate;
  /** The posts from the first one on. Called each time that the source leaves `idle`. `wanted` returns the tracks. */
  open(signal: AbortSignal, wanted: () => Tracks): AsyncIterable<Post> | Iterable<Post>;
  /** From the first listener to the first post, in milliseconds. */
  readonly leadIn: number;
  /** The reason for `paused` after the last post. */
  readonly ended: string;
  /** The reason for `paused` after an error of the environment; undefined for a bug. */
  explain?(error: unknown): string | undefined;
}

/** After a stall, such as a laptop's sleep, at most this much is caught up, in milliseconds. */
const MAX_CATCHING_UP = 2000;
/** So that events leave the process in between. */
const POSTS_A_TICK = 32;

export function createPlayer(playlist: Playlist, sink: SourceSink, clock: Clock): Source {
  let state: SourceState = { name: 'idle' };
  let stop: AbortController | undefined;
  let closed = false;
  let wanted: Tracks = new Set();
  let playing = Promise.resolve();

  function become(next: SourceState): void {
    state = next;
    sink.state(next);
  }

  async function play(signal: AbortSignal): Promise<void> {
    if (playlist.leadIn > 0) await sleep(clock, playlist.leadIn, signal);
    if (signal.aborted) return;
    const nextIsDue = createPace(playlist.rate, clock, signal);
    try {
      for await (const post of playlist.open(signal, () => wanted)) {
        await nextIsDue();
        if (signal.aborted) return;
        sink.post(post);
      }
      if (!signal.aborted) become({ name: 'paused', reason: playlist.ended });
    } catch (error) {
      if (signal.aborted && error instanceof Error && error.name === 'AbortError') return;
      const reason = playlist.explain?.(error);
      if (reason === undefined) throw error;
      if (!signal.aborted) become({ name: 'paused', reason });
    }
  }

  return {
    name: playlist.name,
    isTextPublic: true,
    get state() {
      return state;
    },
    want(tracks) {
      wanted = tracks;
      if (tracks.size > 0 && stop === undefined && !closed) {
        stop = new AbortController();
        const { signal } = stop;
        become({ name: 'live' });
        playing = playing.then(() => play(signal));
      } else if (tracks.size === 0 && stop !== undefined) {
        stop.abort();
        stop = undefined;
        become({ name: 'idle' });
      }
    },
    async close() {
      closed = true;
      stop?.abort();
      await playing;
    },
  };
}

/** The returned function resolves when the next post is due. */
function createPace(rate: Rate, clock: Clock, signal: AbortSignal): () => Promise<void> {
  let start = clock.monotonic();
  let sent = 0;

  return async () => {
    sent += 1;
    if (sent % POSTS_A_TICK === 0) await new Promise((resolve) => setImmediate(resolve));
    if (rate === 'max') return;
    while (!signal.aborted) {
      const behind = clock.monotonic() - start - (sent / rate) * 1000;
      if (behind > MAX_CATCHING_UP) start += behind - MAX_CATCHING_UP;
      if (behind >= 0) return;
      await sleep(clock, Math.ceil(-behind), signal);
    }
  };
}
