// A sink that keeps what a source delivers, and lets a test wait for it.

import { EventEmitter, once } from 'node:events';
import type { Post } from '../../src/post.ts';
import type { SourceSink, SourceState } from '../../src/source/source.ts';
import type { Track } from '../../src/track/track.ts';
import type { UserError } from '../../src/user-error.ts';

export interface RecordingSink extends SourceSink {
  readonly posts: Post[];
  readonly problems: string[];
  readonly states: SourceState[];
  readonly refusals: { readonly track: Track; readonly error: UserError }[];
  readonly repeats: number;
  /** Resolves when `condition` holds; it is asked again after everything that is delivered. */
  until(condition: (sink: RecordingSink) => boolean): Promise<void>;
}

export function createRecordingSink(): RecordingSink {
  const changes = new EventEmitter();
  const changed = () => changes.emit('change');
  let repeats = 0;
  const sink: RecordingSink = {
    posts: [],
    problems: [],
    states: [],
    refusals: [],
    get repeats() {
      return repeats;
    },
    post(post) {
      sink.posts.push(post);
      changed();
    },
    bad(problem) {
      sink.problems.push(problem);
      changed();
    },
    repeated() {
      repeats += 1;
      changed();
    },
    refused(track, error) {
      sink.refusals.push({ track, error });
      changed();
    },
    state(state) {
      sink.states.push(state);
      changed();
    },
    async until(condition) {
      while (!condition(sink)) await once(changes, 'change');
    },
  };
  return sink;
}
