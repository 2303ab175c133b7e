// Lets listeners that begin in the past catch up in turn, so that a crowd of them does not delay live events.

import type { TimeSlices } from '../../base/time-slices.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { EncodedResult, Selection } from './selection.ts';

/** Results that are remembered. A crowd that comes at once reads the same events, each listener a few in turn. */
const REMEMBERED_RESULTS = 1024;

export class CatchUps {
  readonly #slices: TimeSlices;
  readonly #results = new Map<Selection, Map<SentimentEvent, EncodedResult>>();
  #remembered = 0;

  constructor(slices: TimeSlices) {
    this.#slices = slices;
  }

  /** Calls `step`, which sends a few events to a listener, soon and after those that came before. */
  add(step: () => void): void {
    this.#slices.add(() => {
      step();
      if (this.#slices.isIdle) this.#forgetResults();
    });
  }

  resultOf(selection: Selection, event: SentimentEvent): EncodedResult {
    let results = this.#results.get(selection);
    const known = results?.get(event);
    if (known !== undefined) return known;
    if (this.#remembered >= REMEMBERED_RESULTS) this.#forgetResults();
    results = this.#results.get(selection) ?? new Map();
    this.#results.set(selection, results);
    const result = selection.encode(event);
    results.set(event, result);
    this.#remembered += 1;
    return result;
  }

  #forgetResults(): void {
    this.#results.clear();
    this.#remembered = 0;
  }
}
