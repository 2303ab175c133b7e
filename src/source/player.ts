// Plays posts at a steady rate for as long as anybody tracks something: what replay and sample share.

import { type Clock, sleep } from '../base/clock.ts';
import type { Post } from '../base/post.ts';
import type { Source, SourceSink, SourceState } from './source.ts';

/** Posts a second, or `max` for as fast as they can be read. */
export type Rate = number | 'max';

export interface Playlist {
  readonly name: string;
  readonly rate: Rate;
  /** The posts from the first one on; called anew every time that somebody begins to listen. */
  open(signal: AbortSignal): AsyncIterable<Post> | Iterable<Post>;
  /** How long after the first listener the first post comes, in milliseconds. */
  readonly leadIn: number;
  /** Why there are no more posts, for the state `paused`. */
  readonly ended: string;
  /** The sentence for an error that the environment, and not a bug, is to blame for. */
  explain?(error: unknown): string | undefined;
}

/** After a stall (a suspended laptop), this much of what was due is made up for, in milliseconds. */
const MOST_CATCHING_UP = 2000;
/** What a timer can wait for without a mistake is not much longer; in milliseconds. */
const LONGEST_SLEEP = 24 * 3600 * 1000;
/** Posts between two turns of the event loop, so that what was delivered can leave the process. */
const POSTS_A_TURN = 32;

export function createPlayer(playlist: Playlist, sink: SourceSink, clock: Clock): Source {
  let state: SourceState = { name: 'idle' };
  let stop: AbortController | undefined;
  let closed = false;
  let playing = Promise.resolve();

  function become(next: SourceState): void {
    state = next;
    sink.state(next);
  }

  async function play(signal: AbortSignal): Promise<void> {
    if (playlist.leadIn > 0) await sleep(clock, playlist.leadIn, signal);
    if (signal.aborted) return;
    const turn = createPace(playlist.rate, clock, signal);
    try {
      for await (const post of playlist.open(signal)) {
        await turn();
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
    get state() {
      return state;
    },
    want(tracks) {
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

/** A function that resolves when the next post is due. */
function createPace(rate: Rate, clock: Clock, signal: AbortSignal): () => Promise<void> {
  let start = clock.monotonic();
  let due = 0;
  let sent = 0;

  return async () => {
    sent += 1;
    if (sent % POSTS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    if (rate === 'max') return;
    while (sent > due && !signal.aborted) {
      const elapsed = clock.monotonic() - start;
      const behind = elapsed - (sent / rate) * 1000;
      if (behind > MOST_CATCHING_UP) start += behind - MOST_CATCHING_UP;
      due = Math.floor(((clock.monotonic() - start) * rate) / 1000);
      const wait = Math.min(Math.ceil((sent / rate) * 1000 - elapsed), LONGEST_SLEEP);
      if (sent > due) await sleep(clock, wait, signal);
    }
  };
}
