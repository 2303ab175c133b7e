// The posts that their source has deleted lately. Their events must no longer be sent.

import { type PostKey, spellKey } from '../base/post.ts';
import { SeenKeys } from '../base/seen-keys.ts';

/** An event waits for seconds at most. Bluesky deletes some tens of posts a second. */
const REMEMBERED_DELETIONS = 8192;

export class Deletions {
  readonly #keys = new SeenKeys(REMEMBERED_DELETIONS);
  /** Grows with each deletion, so that a queue can tell whether it has to look for deleted posts. */
  count = 0;

  add(post: PostKey): void {
    this.#keys.check(spellKey(post));
    this.count += 1;
  }

  has(post: PostKey): boolean {
    return this.count > 0 && this.#keys.has(spellKey(post));
  }
}
