// A source that a test drives by hand.

import type { Post } from '../../src/base/post.ts';
import type { Source, SourceSink, SourceState } from '../../src/source/source.ts';
import type { Track } from '../../src/track/track.ts';
import { TEXT_ALONE } from './posts.ts';

export interface HandSource extends Source {
  /** Delivers a post of this text; ids count up. */
  say(text: string, post?: Partial<Post>): void;
  /** The tracks wanted at each call of `want`, by their canonical forms. */
  readonly wanted: readonly (readonly string[])[];
  /** How many there were at the last call, as its set says. */
  readonly count: number;
  /** Those of the last call. */
  readonly tracks: readonly Track[];
  readonly sink: SourceSink;
  become(state: SourceState): void;
}

export function createHandSource(sink: SourceSink, name = 'hand'): HandSource {
  const wanted: string[][] = [];
  let last: readonly Track[] = [];
  let count = 0;
  let state: SourceState = { name: 'idle' };
  let next = 0;
  let closed = false;
  const source: HandSource = {
    name,
    isTextPublic: true,
    sink,
    wanted,
    get count() {
      return count;
    },
    get tracks() {
      return last;
    },
    get state() {
      return state;
    },
    become(changed) {
      state = changed;
      sink.state(changed);
    },
    want(tracks) {
      last = [...tracks];
      count = tracks.size;
      wanted.push(last.map((track) => track.canonical));
      const next = tracks.size > 0 ? 'live' : 'idle';
      if (state.name !== next) source.become({ name: next });
    },
    say(text, post = {}) {
      if (closed) return;
      sink.post({
        id: String(next++),
        source: name,
        text,
        ...TEXT_ALONE,
        langs: ['en'],
        ...post,
      });
    },
    async close() {
      closed = true;
    },
  };
  return source;
}
