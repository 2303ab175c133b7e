// Clauses that X does not take, or takes only in a rule of their own.

import type { Track } from '../../track/track.ts';
import { ApiFailure } from './api-client.ts';
import { type RuleFormat, spellRule, spellTrack } from './rule-text.ts';
import type { RulesApi } from './rules-api.ts';

/** When there are more, Senti forgets all of them and asks X again. */
const MAX_REMEMBERED = 1000;

export class RejectedClauses {
  readonly #format: RuleFormat;
  /** Clauses that X does not take, with what it said. */
  readonly reasons = new Map<string, string>();
  /** Clauses that X takes only in a rule of their own. */
  readonly alone = new Set<string>();

  constructor(format: RuleFormat) {
    this.#format = format;
  }

  /** Why no rule can ask for `track`; undefined if one can. */
  reasonFor(track: Track): string | undefined {
    const clauses = spellTrack(track, this.#format);
    if (clauses === undefined) return "none of X's rules can ask for it";
    return clauses.map((clause) => this.reasons.get(clause)).find((it) => it !== undefined);
  }

  /**
   * Finds the clauses that made X reject a rule for `reason`. Several clauses take a request, in which X
   * checks each of them.
   */
  async learn(clauses: readonly string[], reason: string, api: RulesApi): Promise<void> {
    const [only] = clauses;
    if (clauses.length === 1 && only !== undefined) return this.#blame(only, reason);
    const tried = new Map(clauses.map((clause) => [spellRule([clause], this.#format), clause]));
    const checked = await api.add([...tried.keys()], '', true);
    const blamed = checked instanceof ApiFailure ? [] : [...checked.invalid];
    for (const [value, why] of blamed) {
      const clause = tried.get(value);
      if (clause !== undefined) this.#blame(clause, why);
    }
    // X takes each of them, so it is their combination that it rejects.
    if (blamed.length === 0) for (const clause of clauses) this.alone.add(clause);
  }

  /** Forgets clauses of `alone` that are no longer `asked` for. */
  forget(asked: ReadonlySet<string>): void {
    for (const clause of this.alone) if (!asked.has(clause)) this.alone.delete(clause);
  }

  #blame(clause: string, reason: string): void {
    if (this.reasons.size >= MAX_REMEMBERED) this.reasons.clear();
    this.reasons.set(clause, reason);
  }
}
