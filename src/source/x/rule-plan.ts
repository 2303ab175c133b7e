// The planner: asks X for all wanted tracks in few rules, and changes few of them at a time.

import type { Track } from '../../track/track.ts';
import { OR } from './rule-term.ts';
import { type RuleFormat, spellTrack } from './rule-text.ts';

/** A rule's clauses, as texts. */
export type Rule = readonly string[];

export interface Plan {
  readonly rules: readonly Rule[];
  /** Tracks that there is no room for, or that X does not take. The rules cover all others. */
  readonly rejected: readonly Track[];
}

export interface PlanLimits {
  readonly format: RuleFormat;
  readonly maxRules: number;
  /** Clauses that need a rule of their own. */
  readonly alone: ReadonlySet<string>;
  /** Clauses that X does not take. */
  readonly invalid: Pick<ReadonlySet<string>, 'has'>;
}

/** Rules are repacked once there are this many times more of them than full rules would be. */
const MAX_FRAGMENTED = 2;
/** Up to this many rules are never repacked. */
const FEW_RULES = 8;

interface Bin {
  readonly clauses: Set<string>;
  length: number;
  /** It differs from the rule at X, so another change costs nothing. */
  changed: boolean;
  /** It holds a clause that needs a rule of its own. */
  closed: boolean;
}

interface Packing {
  readonly limits: PlanLimits;
  bins: Bin[];
  readonly placed: Map<string, Bin>;
}

/**
 * Plans the rules for `tracks`, beginning with the `previous` ones. Where tracks compete for room, earlier
 * ones win. Takes clauses times rules at worst.
 */
export function plan(previous: readonly Rule[], tracks: Iterable<Track>, limits: PlanLimits): Plan {
  const asked = [...tracks].map((track) => ({ track, clauses: askable(track, limits) }));
  const wanted = new Set(asked.flatMap(({ clauses }) => clauses ?? []));
  let packing = keep(previous, wanted, limits);
  if (isFragmented(packing)) packing = repack(packing);
  let isRepacked = false;

  /** Repacks only once, since that takes time here and many writes at X. */
  function place(clauses: readonly string[]): boolean {
    if (placeAll(packing, clauses)) return true;
    if (isRepacked) return false;
    isRepacked = true;
    const fresh = repack(packing);
    if (!placeAll(fresh, clauses)) return false;
    packing = fresh;
    return true;
  }

  const rejected: Track[] = [];
  const needed = new Set<string>();
  for (const { track, clauses } of asked) {
    if (clauses === undefined || !place(clauses)) rejected.push(track);
    else for (const clause of clauses) needed.add(clause);
  }
  const rules = packing.bins.map((bin) => [...bin.clauses].filter((clause) => needed.has(clause)));
  return { rules: rules.filter((rule) => rule.length > 0), rejected };
}

function askable(track: Track, { format, invalid }: PlanLimits): readonly string[] | undefined {
  const clauses = spellTrack(track, format);
  return clauses?.some((clause) => invalid.has(clause)) ? undefined : clauses;
}

function keep(previous: readonly Rule[], wanted: ReadonlySet<string>, limits: PlanLimits): Packing {
  const packing: Packing = { limits, bins: [], placed: new Map() };
  for (const rule of previous) {
    // Fewer rules may be allowed than before: the clauses of the others are placed anew.
    if (packing.bins.length >= limits.maxRules) break;
    const mustSplit = rule.length > 1 && rule.some((clause) => limits.alone.has(clause));
    const kept = mustSplit ? [] : rule.filter((clause) => wanted.has(clause));
    if (kept.length === 0) continue;
    const bin = addBin(packing);
    for (const clause of kept) if (!packing.placed.has(clause)) put(packing, bin, clause);
    bin.changed = bin.clauses.size < rule.length;
  }
  return packing;
}

/** Places all clauses or none. */
function placeAll(packing: Packing, clauses: readonly string[]): boolean {
  const added: string[] = [];
  for (const clause of clauses) {
    if (packing.placed.has(clause)) continue;
    const bin = findBin(packing, clause);
    if (bin === undefined) {
      for (const it of added) take(packing, it);
      return false;
    }
    put(packing, bin, clause);
    added.push(clause);
  }
  return true;
}

/** Prefers a rule that changes anyway, then the fullest one with room, then a new one. */
function findBin(packing: Packing, clause: string): Bin | undefined {
  const { bins, limits } = packing;
  let best: Bin | undefined;
  if (!limits.alone.has(clause)) {
    for (const bin of bins) {
      if (bin.closed || bin.length + OR.length + clause.length > limits.format.room) continue;
      if (best === undefined || isBetter(bin, best)) best = bin;
    }
  }
  best ??= bins.find((bin) => bin.clauses.size === 0);
  return best ?? (bins.length < limits.maxRules ? addBin(packing) : undefined);
}

function isBetter(bin: Bin, than: Bin): boolean {
  return bin.changed === than.changed ? bin.length > than.length : bin.changed;
}

function addBin({ bins }: Packing): Bin {
  const bin = { clauses: new Set<string>(), length: -OR.length, changed: true, closed: false };
  bins.push(bin);
  return bin;
}

function put({ placed, limits }: Packing, bin: Bin, clause: string): void {
  bin.clauses.add(clause);
  bin.length += OR.length + clause.length;
  bin.changed = true;
  bin.closed = limits.alone.has(clause);
  placed.set(clause, bin);
}

function take({ placed }: Packing, clause: string): void {
  const bin = placed.get(clause);
  if (bin === undefined) return;
  bin.clauses.delete(clause);
  bin.length -= OR.length + clause.length;
  bin.closed = false;
  placed.delete(clause);
}

function isFragmented({ bins, limits }: Packing): boolean {
  const shared = bins.filter((bin) => !bin.closed);
  const characters = shared.reduce((sum, bin) => sum + bin.length + OR.length, 0);
  const needed = Math.ceil(characters / (limits.format.room + OR.length));
  return shared.length > FEW_RULES + needed * MAX_FRAGMENTED;
}

/** Packs everything anew, longest first, which wastes least. Keeps the old packing if that takes fewer rules. */
function repack(packing: Packing): Packing {
  const fresh: Packing = { limits: packing.limits, bins: [], placed: new Map() };
  const clauses = [...packing.placed.keys()];
  clauses.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return placeAll(fresh, clauses) && fresh.bins.length <= packing.bins.length ? fresh : packing;
}
