// A sink that keeps what a source delivers, and lets a test wait for it.

import type { Post } from '../../src/base/post.ts';
import type { UserError } from '../../src/base/user-error.ts';
import type { SourceSink, SourceState } from '../../src/source/source.ts';
import type { Track } from '../../src/track/track.ts';

export interface RecordingSink extends SourceSink {
  readonly posts: Post[];
  readonly reasons: string[];
  readonly states: SourceState[];
  readonly rejections: { readonly track: Track; readonly error: UserError }[];
  readonly repeats: number;
  readonly deletions: string[];
  /** How many posts had been delivered at each gap. */
  readonly gaps: number[];
  /** What the sink says of its listeners. */
  areListenersBehind: boolean;
  /** Resolves as soon as `holds` is true. It is called after each thing that the source delivers. */
  until(holds: (sink: RecordingSink) => boolean): Promise<void>;
}

export function createRecordingSink(): RecordingSink {
  let repeats = 0;
  const waiting = new Set<() => void>();
  const look = () => {
    for (const check of waiting) check();
  };
  const sink: RecordingSink = {
    posts: [],
    reasons: [],
    states: [],
    rejections: [],
    gaps: [],
    deletions: [],
    areListenersBehind: false,
    get repeats() {
      return repeats;
    },
    post(post) {
      sink.posts.push(post);
      look();
    },
    bad(reason) {
      sink.reasons.push(reason);
      look();
    },
    repeated() {
      repeats += 1;
      look();
    },
    deleted(id) {
      sink.deletions.push(id);
      look();
    },
    gap() {
      sink.gaps.push(sink.posts.length);
      look();
    },
    isBehind: () => sink.areListenersBehind,
    rejected(track, error) {
      sink.rejections.push({ track, error });
      look();
    },
    state(state) {
      sink.states.push(state);
      look();
    },
    until: (holds) =>
      new Promise((resolve) => {
        const check = () => {
          if (!holds(sink)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
  return sink;
}
