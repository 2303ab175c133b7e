// A sink that keeps what a source delivers, and lets a test wait for it.

import type { Post } from '../../src/base/post.ts';
import type { UserError } from '../../src/base/user-error.ts';
import type { SourceSink, SourceState } from '../../src/source/source.ts';
import type { Track } from '../../src/track/track.ts';

export interface RecordingSink extends SourceSink {
  readonly posts: Post[];
  readonly reasons: string[];
  readonly states: SourceState[];
  /** The part whose state each of them is; undefined if the source has no parts. */
  readonly reporters: (string | undefined)[];
  readonly rejections: { readonly track: Track; readonly error: UserError }[];
  readonly repeats: number;
  /** The ids, after the names of the parts that told of them. */
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
    reporters: [],
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
    bad(reason, source) {
      sink.reasons.push(source === undefined ? reason : `${source}: ${reason}`);
      look();
    },
    repeated() {
      repeats += 1;
      look();
    },
    deleted(id, source) {
      sink.deletions.push(source === undefined ? id : `${source} ${id}`);
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
    state(state, source) {
      sink.states.push(state);
      sink.reporters.push(source);
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
