// What is known of the rules at X, what each event changes about it, and what to do next. Pure: rules.ts
// makes the requests and feeds in the answers.

import type { Setback } from '../reconnector.ts';
import { counted, type Failure, type FailureCounts, NO_FAILURES, REST_MS } from './failure.ts';
import { WINDOW_MS } from './limits.ts';
import type { Rule } from './rule-plan.ts';
import { MAX_A_WRITE, nextWrite, type StoredRule, type Write } from './rule-writes.ts';
import type { Added, ApiRule } from './rules-api.ts';

export interface RulesState {
  readonly anyWanted: boolean;
  /** The wanted rules and their clauses, by value. */
  readonly desired: ReadonlyMap<string, Rule>;
  /** Something that `desired` was planned from has changed. */
  readonly mustPlan: boolean;
  /** What X holds; undefined while that is not known. */
  readonly stored: readonly StoredRule[] | undefined;
  /** When X listed them, on the monotonic clock. */
  readonly listedAt: number;
  /** What X said when the rules had to be listed again. */
  readonly listedFor: 'no room' | 'duplicates' | undefined;
  /** What the account turned out to have room for, where that is less than the operator said. */
  readonly foundRoom: number;
  /** Invalid rules whose clauses are still to be checked. */
  readonly suspects: readonly Suspect[];
  readonly mostAWrite: number;
  readonly addedLast: boolean;
  /** What was wrong with an answer that makes no sense; counts as a failure. */
  readonly nonsense: string | undefined;
  readonly failures: FailureCounts;
  /** `since` is on the monotonic clock, as every `now` below. */
  readonly setback: (Setback<Failure> & { readonly since: number }) | undefined;
}

export interface Suspect {
  readonly clauses: Rule;
  readonly reason: string;
}

export type Step =
  | 'list'
  | 'plan'
  | 'settle'
  | Write
  | { readonly check: Suspect }
  | { readonly fail: Failure };

/** Marks a rule as Senti's. The number is for a time when rules are spelt otherwise. */
const TAG_PREFIX = 'senti:';
export const TAG = `${TAG_PREFIX}1`;

/** How often the rules are listed, in milliseconds: another program of the account may have removed some. */
export const LIST_EVERY_MS = WINDOW_MS;

const WORKING = { failures: NO_FAILURES, setback: undefined } as const;

export const INITIAL_RULES: RulesState = {
  ...WORKING,
  anyWanted: false,
  desired: new Map(),
  mustPlan: false,
  stored: undefined,
  listedAt: 0,
  listedFor: undefined,
  foundRoom: Number.POSITIVE_INFINITY,
  suspects: [],
  mostAWrite: MAX_A_WRITE,
  addedLast: false,
  nonsense: undefined,
};

export function nextStep(state: RulesState, maxRules: number, now: number): Step {
  const { nonsense, stored, suspects, listedAt } = state;
  if (nonsense !== undefined) return { fail: { kind: 'http', reason: nonsense } };
  if (stored === undefined) return 'list';
  if (suspects[0] !== undefined) return { check: suspects[0] };
  if (state.mustPlan) return 'plan';
  const isStale = state.anyWanted && now - listedAt >= LIST_EVERY_MS;
  return nextWrite({ ...state, maxRules }, stored, now) ?? (isStale ? 'list' : 'settle');
}

/** The state after an event. */
export const after = {
  wanted(state: RulesState, anyWanted: boolean, now: number): RulesState {
    const { setback } = state;
    // The first listener of an idle source makes it try again what has failed for good, but not too soon.
    const isFirst = anyWanted && !state.anyWanted;
    const isRested = setback?.until === undefined && now - (setback?.since ?? now) >= REST_MS;
    const left = isFirst && isRested ? undefined : setback;
    return { ...state, anyWanted, mustPlan: true, setback: left };
  },

  planned: (state: RulesState, desired: RulesState['desired']): RulesState => ({
    ...state,
    desired,
    mustPlan: false,
  }),

  listed(state: RulesState, rules: readonly ApiRule[], now: number): RulesState {
    const isFull = state.listedFor === 'no room';
    const stored = rules.map(({ id, value, tag }) => ({
      id,
      value,
      ours: tag?.startsWith(TAG_PREFIX) ?? false,
      clauses: state.desired.get(value) ?? [],
      since: Number.NEGATIVE_INFINITY,
    }));
    const foundRoom = isFull ? rules.length : Number.POSITIVE_INFINITY;
    const listedFor = isFull ? undefined : state.listedFor;
    return { ...state, stored, listedAt: now, foundRoom, listedFor, mustPlan: true };
  },

  added(state: RulesState, values: readonly string[], answer: Added, now: number): RulesState {
    const { stored, desired } = state;
    const clausesOf = (value: string) => desired.get(value) ?? [];
    // Ignores rules that X was not asked about.
    const ids = new Map(answer.created.map(({ id, value }) => [value, id]));
    const created = values.flatMap((value): StoredRule[] => {
      const id = ids.get(value);
      if (id === undefined) return [];
      return [{ id, value, ours: true, clauses: clausesOf(value), since: now }];
    });
    const working: RulesState = {
      ...state,
      ...WORKING,
      stored: stored && [...stored, ...created],
      addedLast: true,
      mostAWrite: MAX_A_WRITE,
    };
    if (answer.full) return { ...working, stored: undefined, listedFor: 'no room' };
    if (answer.duplicates) {
      if (state.listedFor === 'duplicates' && created.length === 0) {
        return { ...state, nonsense: 'X says that it has a rule, and does not list it' };
      }
      return { ...working, stored: undefined, listedFor: 'duplicates' };
    }
    const suspects = values.flatMap((value): Suspect[] => {
      const reason = answer.invalid.get(value);
      return reason === undefined ? [] : [{ clauses: clausesOf(value), reason }];
    });
    if (suspects.length > 0 || created.length > 0) return { ...working, suspects };
    // Smaller writes find the rule to blame.
    if (values.length > 1) return { ...working, mostAWrite: Math.ceil(values.length / 2) };
    return { ...state, nonsense: 'X created no rule and gave no reason' };
  },

  /** The first suspect has been checked. */
  checked: (state: RulesState): RulesState => ({
    ...state,
    suspects: state.suspects.slice(1),
    mustPlan: true,
  }),

  removed(state: RulesState, rules: readonly StoredRule[]): RulesState {
    const gone = new Set(rules);
    const stored = state.stored?.filter((rule) => !gone.has(rule));
    return { ...state, ...WORKING, stored, addedLast: false };
  },

  /** X holds what is wanted. While that is nothing, others may change the account's rules. */
  settled: (state: RulesState): RulesState => ({
    ...state,
    ...WORKING,
    listedFor: undefined,
    stored: state.anyWanted ? state.stored : undefined,
  }),

  /** X may have done what it did not confirm. */
  failed: (state: RulesState, setback: Setback<Failure>, now: number): RulesState => ({
    ...state,
    stored: undefined,
    suspects: [],
    nonsense: undefined,
    failures: counted(state.failures, setback.failure),
    setback: { ...setback, since: now },
  }),

  /** X's rules may not be what they were taken for. */
  doubted: (state: RulesState): RulesState => ({ ...state, stored: undefined, suspects: [] }),
} as const;
