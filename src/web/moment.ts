// The moment that a person looks at. It is the same in all charts.

export class Moment {
  /** In seconds since 1970; undefined while nobody looks at any. */
  at: number | undefined;
  readonly #followers = new Set<() => void>();

  choose(at: number | undefined): void {
    this.at = at;
    for (const follower of this.#followers) follower();
  }

  /** Calls `follower` at every choice until `signal` aborts. */
  follow(follower: () => void, signal: AbortSignal): void {
    this.#followers.add(follower);
    signal.addEventListener('abort', () => this.#followers.delete(follower));
  }
}
