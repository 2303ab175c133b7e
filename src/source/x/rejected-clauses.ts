// What X objects to: clauses that it does not take, or takes on their own only.

import type { Track } from '../../track/track.ts';
import { type RuleFrame, spellClause, spellRule } from './rule-text.ts';
import { ApiFailure, type RulesApi } from './rules-api.ts';

/** Clauses that X refused, remembered, so that it is not asked again and again. */
const MOST_REMEMBERED = 1000;

export class Objections {
  readonly #frame: RuleFrame;
  readonly #reasons = new Map<string, string>();
  readonly alone = new Set<string>();

  constructor(frame: RuleFrame) {
    this.#frame = frame;
  }

  get invalid(): ReadonlySet<string> {
    return new Set(this.#reasons.keys());
  }

  /** Why `track` can't be asked for, if it can't. */
  reason(track: Track): string | undefined {
    for (const clause of track.clauses) {
      const text = spellClause(clause, this.#frame.room);
      const reason =
        text === undefined ? "none of X's rules can ask for it" : this.#reasons.get(text);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /**
   * Learns from a rule that X refused, for `reason`, which of its clauses is to blame. With several,
   * that takes a request: X is asked to check each by itself.
   */
  async learn(clauses: readonly string[], reason: string, api: RulesApi): Promise<void> {
    const [only] = clauses;
    if (clauses.length === 1 && only !== undefined) return this.#blame(only, reason);
    const tried = new Map(clauses.map((clause) => [spellRule([clause], this.#frame), clause]));
    const checked = await api.add([...tried.keys()], '', true);
    const blamed = checked instanceof ApiFailure ? [] : [...checked.invalid];
    for (const [value, why] of blamed) {
      const clause = tried.get(value);
      if (clause !== undefined) this.#blame(clause, why);
    }
    // None by itself: then it was their company.
    if (blamed.length === 0) for (const clause of clauses) this.alone.add(clause);
  }

  /** Clauses that are no longer `asked` for need no rule of their own. */
  forget(asked: ReadonlySet<string>): void {
    for (const clause of this.alone) if (!asked.has(clause)) this.alone.delete(clause);
  }

  #blame(clause: string, reason: string): void {
    if (this.#reasons.size >= MOST_REMEMBERED) this.#reasons.clear();
    this.#reasons.set(clause, reason);
  }
}
