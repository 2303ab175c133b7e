// Lets listeners that begin in the past catch up in turn, so that a crowd of them does not delay live events.

import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { EncodedResult, Selection } from './selection.ts';

/** Sends some events to a listener, and returns how many. */
type Step = () => number;

/** Events sent in one tick; they take about a millisecond. */
const EVENTS_A_TICK = 512;
/** Results that are remembered. A crowd that comes at once reads the same events, each listener a few in turn. */
const REMEMBERED_RESULTS = 1024;

export class CatchUps {
  #steps: Step[] = [];
  readonly #results = new Map<Selection, Map<SentimentEvent, EncodedResult>>();
  #remembered = 0;
  #isScheduled = false;

  /** Calls `step` soon, after those that came before. */
  add(step: Step): void {
    this.#steps.push(step);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
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

  #run(): void {
    this.#isScheduled = false;
    const steps = this.#steps;
    this.#steps = [];
    let done = 0;
    let sent = 0;
    for (; done < steps.length && sent < EVENTS_A_TICK; done += 1) sent += steps[done]?.() ?? 0;
    // Steps that were added meanwhile come last.
    const added = this.#steps;
    this.#steps = [];
    for (const step of [...steps.slice(done), ...added]) this.add(step);
    if (this.#steps.length === 0) this.#forgetResults();
  }

  #forgetResults(): void {
    this.#results.clear();
    this.#remembered = 0;
  }
}
