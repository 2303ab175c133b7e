// The next write that brings X's rules closer to the wanted ones, without a gap in what they ask for.

import { ENACTMENT_MS } from './limits.ts';
import type { Rule } from './rule-plan.ts';

/** A rule as X holds it. */
export interface StoredRule {
  readonly id: string;
  readonly value: string;
  /** Senti only removes its own rules. */
  readonly ours: boolean;
  /** What it asks for; empty if that is unknown, as for a rule of an earlier run. */
  readonly clauses: Rule;
  /** When it was written, on the monotonic clock. */
  readonly since: number;
}

export type Write =
  | { readonly add: readonly string[] }
  | { readonly remove: readonly StoredRule[] }
  /** Nothing can be written for so many milliseconds. */
  | { readonly wait: number };

/** A new rule counts as in force after this long, in milliseconds: X says "mostly within" ENACTMENT_MS. */
export const IN_FORCE_MS = ENACTMENT_MS + 10_000;
/** Keeps a request well below a megabyte. */
export const MAX_A_WRITE = 200;

interface Goal {
  /** The wanted rules and their clauses, by value. */
  readonly desired: ReadonlyMap<string, Rule>;
  readonly maxRules: number;
  /** The most rules in one write. */
  readonly mostAWrite: number;
  /** The last write added rules. Removals come next, or a rush of tracks would hold them up. */
  readonly addedLast: boolean;
}

/**
 * Returns the next write on the way from `stored` to the goal, if any. Rules are added first. An old rule
 * stays until rules in force ask for all it asks for, unless a new rule needs its room.
 */
export function nextWrite(
  { desired, maxRules, mostAWrite, addedLast }: Goal,
  stored: readonly StoredRule[],
  now: number,
): Write | undefined {
  const there = new Set(stored.map(({ value }) => value));
  const missing = [...desired.keys()].filter((value) => !there.has(value));
  const room = Math.min(maxRules - stored.length, mostAWrite);
  const add = missing.slice(0, Math.max(0, room));
  if (add.length > 0 && !addedLast) return { add };

  const surplus = stored.filter(({ ours, value }) => ours && !desired.has(value));
  const wanted = new Set([...desired.values()].flat());
  const known = stored.map((rule) => ({
    ...rule,
    clauses: desired.get(rule.value) ?? rule.clauses,
  }));
  const inForce = now - IN_FORCE_MS;
  const removable = coveredByOthers(surplus, known, wanted, inForce);
  if (removable.length > 0) return { remove: removable };
  if (add.length > 0) return { add };
  if (surplus.length === 0) return undefined;
  if (missing.length > 0) {
    // Without room, a short gap is better than a new track that has to wait.
    const replaced = coveredByOthers(surplus, known, wanted, now);
    return { remove: replaced.length > 0 ? replaced : surplus.slice(0, missing.length) };
  }
  const unsettled = stored.map(({ since }) => since - inForce).filter((wait) => wait > 0);
  return { wait: Math.max(1, Math.ceil(Math.min(...unsettled, IN_FORCE_MS))) };
}

/** The rules of `surplus` that can go: every wanted clause still has a rule written before `before`. */
function coveredByOthers(
  surplus: readonly StoredRule[],
  stored: readonly StoredRule[],
  wanted: ReadonlySet<string>,
  before: number,
): StoredRule[] {
  const covers = new Map<string, number>();
  const settled = (rule: StoredRule) => rule.since <= before;
  for (const rule of stored.filter(settled)) {
    for (const clause of rule.clauses) covers.set(clause, (covers.get(clause) ?? 0) + 1);
  }
  const removable: StoredRule[] = [];
  for (const rule of surplus) {
    const own = settled(rule) ? 1 : 0;
    const needed = rule.clauses.filter((clause) => wanted.has(clause));
    if (needed.some((clause) => (covers.get(clause) ?? 0) <= own)) continue;
    for (const clause of rule.clauses) covers.set(clause, (covers.get(clause) ?? 0) - own);
    removable.push(rule);
    if (removable.length === MAX_A_WRITE) break;
  }
  return removable;
}
