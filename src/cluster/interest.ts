// What all nodes want together: each track once, however many nodes want it.

/** A track that some node wants. */
export interface Want {
  readonly canonical: string;
  /** Whether this node does. */
  own: boolean;
  /** How many others do. */
  others: number;
}

export function isWanted({ own, others }: Want): boolean {
  return own || others > 0;
}

/** Told of tracks that the first node wants, and of those that the last has dropped. */
export type OnWanted = (opened: readonly Want[], closed: readonly Want[]) => void;

export class Wanted {
  readonly #wants = new Map<string, Want>();
  readonly #onChange: OnWanted;

  constructor(onChange: OnWanted) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#wants.size;
  }

  get all(): Iterable<Want> {
    return this.#wants.values();
  }

  get(canonical: string): Want | undefined {
    return this.#wants.get(canonical);
  }

  /** This node wants a track, or wants it no more. */
  own(canonical: string, wanted: boolean): void {
    this.#change(
      (want) => {
        want.own = wanted;
      },
      [canonical],
    );
  }

  /** One of the other nodes drops what it wanted, and then wants what it did not want before. */
  others(added: Iterable<string>, dropped: Iterable<string>): void {
    this.#change((want) => {
      want.others -= 1;
    }, dropped);
    this.#change((want) => {
      want.others += 1;
    }, added);
  }

  #change(change: (want: Want) => void, tracks: Iterable<string>): void {
    const opened: Want[] = [];
    const closed: Want[] = [];
    for (const canonical of tracks) {
      const known = this.#wants.get(canonical);
      const want = known ?? { canonical, own: false, others: 0 };
      change(want);
      const isOpen = isWanted(want);
      if (isOpen && known === undefined) {
        this.#wants.set(canonical, want);
        opened.push(want);
      } else if (!isOpen && known !== undefined) {
        this.#wants.delete(canonical);
        closed.push(want);
      }
    }
    if (opened.length > 0 || closed.length > 0) this.#onChange(opened, closed);
  }
}
