// The tracks that all nodes together want, each once.

/** A track that some node wants. */
export interface Want {
  readonly canonical: string;
  /** Whether this node wants it. */
  own: boolean;
  /** How many peers want it. */
  peers: number;
}

export function isWanted({ own, peers }: Want): boolean {
  return own || peers > 0;
}

/** Called with tracks that a first node wants, and with those that no node wants any more. */
type OnInterest = (opened: readonly Want[], closed: readonly Want[]) => void;

export class Interest {
  readonly #wants = new Map<string, Want>();
  readonly #onChange: OnInterest;

  constructor(onChange: OnInterest) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#wants.size;
  }

  get all(): Iterable<Want> {
    return this.#wants.values();
  }

  get byCanonical(): ReadonlyMap<string, Want> {
    return this.#wants;
  }

  of(canonical: string): Want | undefined {
    return this.#wants.get(canonical);
  }

  setOwn(canonical: string, wanted: boolean): void {
    this.#change([canonical], (want) => {
      want.own = wanted;
    });
  }

  /** A peer no longer wants `dropped`, and then wants `added`. */
  changePeer(added: Iterable<string>, dropped: Iterable<string>): void {
    this.#change(dropped, (want) => {
      want.peers -= 1;
    });
    this.#change(added, (want) => {
      want.peers += 1;
    });
  }

  #change(tracks: Iterable<string>, change: (want: Want) => void): void {
    const opened: Want[] = [];
    const closed: Want[] = [];
    for (const canonical of tracks) {
      const known = this.#wants.get(canonical);
      const want = known ?? { canonical, own: false, peers: 0 };
      change(want);
      if (isWanted(want) && known === undefined) {
        this.#wants.set(canonical, want);
        opened.push(want);
      } else if (!isWanted(want) && known !== undefined) {
        this.#wants.delete(canonical);
        closed.push(want);
      }
    }
    if (opened.length > 0 || closed.length > 0) this.#onChange(opened, closed);
  }
}
