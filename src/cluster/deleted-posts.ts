// The posts that the source has deleted lately. A node that may have missed some asks the node that ingests for all.

import type { Clock } from '../base/clock.ts';
import { type PostKey, readKey, spellKey } from '../base/post.ts';
import { Deletions } from '../stream/deletions.ts';
import type { Election } from './election.ts';
import { chunks, type NodeMessage } from './node-message.ts';
import type { Term } from './term.ts';
import { Throttle } from './throttle.ts';

interface DeletedPostsOptions {
  /** The id of this node. */
  readonly node: string;
  readonly clock: Clock;
  readonly election: Pick<Election, 'term' | 'leader'>;
  readonly send: (message: NodeMessage) => void;
  /** This node MUST NOT send the events of a post any more. */
  readonly onDeleted: (post: PostKey) => void;
}

/** How long requests are gathered, in milliseconds. All nodes come back at once when NATS does. */
const GATHER_MS = 100;
/** The shortest time between two repeats, in milliseconds, however many nodes ask. */
const REPEAT_EVERY_MS = 1000;

export class DeletedPosts {
  readonly #options: DeletedPostsOptions;
  readonly #deletions = new Deletions();
  readonly #repeats: Throttle;
  /** The term whose deletions this node has asked for, unless it was cut off since. */
  #asked: Term | undefined;

  constructor(options: DeletedPostsOptions) {
    this.#options = options;
    this.#repeats = new Throttle({
      clock: options.clock,
      everyMs: REPEAT_EVERY_MS,
      gatherMs: GATHER_MS,
      job: () => this.#repeat(),
    });
  }

  /** The source, which this node reads in `term`, has deleted a post. */
  tell(post: PostKey, term: Term): void {
    const key = spellKey(post);
    this.#options.send({ kind: 'deleted', ...term, posts: [key] });
    this.take([key]);
  }

  /** Takes the deletions of the current term, as `spellKey` spells their posts. */
  take(posts: readonly string[]): void {
    for (const key of posts) {
      const post = readKey(key);
      this.#deletions.add(post);
      this.#options.onDeleted(post);
    }
  }

  /** Another node ingests in the current term, and may have told of deletions before this node heard it. */
  catchUp(): void {
    const { node, election, send } = this.#options;
    if (election.term === this.#asked) return;
    this.#asked = election.term;
    send({ kind: 'missed', node });
  }

  /** This node is cut off, and may miss deletions. */
  cutOff(): void {
    this.#asked = undefined;
  }

  /** Another node may have missed deletions, or could not be told of them. */
  repeat(): void {
    if (this.#options.election.leader !== undefined) this.#repeats.request();
  }

  stop(): void {
    this.#repeats.stop();
  }

  #repeat(): void {
    const { election, send } = this.#options;
    const { term, leader } = election;
    if (term === undefined || leader === undefined) return;
    for (const posts of chunks(this.#deletions)) send({ kind: 'deleted', ...term, posts });
  }
}
