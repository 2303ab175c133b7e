// The posts that their source has deleted lately. Their events must no longer be sent.

import { type PostKey, spellKey } from '../base/post.ts';
import { SeenKeys } from '../base/seen-keys.ts';

/** Bluesky deletes some tens of posts a second, so these last for minutes. An event waits for seconds at most. */
const REMEMBERED_DELETIONS = 8192;

export class Deletions {
  readonly #keys = new SeenKeys(REMEMBERED_DELETIONS);
  /** Grows with each deletion, so that a queue can tell whether it has to look for deleted posts. */
  count = 0;

  add(post: PostKey): void {
    this.#keys.check(spellKey(post));
    this.count += 1;
  }

  /** The keys of the posts, as `spellKey` spells them, oldest first. */
  [Symbol.iterator](): Iterator<string> {
    return this.#keys[Symbol.iterator]();
  }

  has(post: PostKey): boolean {
    return this.count > 0 && this.#keys.has(spellKey(post));
  }
}
