// The planner: which rules ask X for all wanted tracks, in few rules, and moving few of them at a change.

import type { Track } from '../../track/track.ts';
import { OR, type RuleFrame, spellClause } from './rule-text.ts';

/** A rule's clauses, as texts. */
export type Rule = readonly string[];

export interface Plan {
  readonly rules: readonly Rule[];
  /** Tracks that there is no room for; everything else is covered. */
  readonly rejected: readonly Track[];
}

export interface PlanLimits {
  readonly frame: RuleFrame;
  readonly maxRules: number;
  /** Clauses that X takes on their own only. */
  readonly alone: ReadonlySet<string>;
  /** Clauses that X does not take at all. */
  readonly invalid: Pick<ReadonlySet<string>, 'has'>;
}

/** Rules may be this many times as many as would be needed if all were full, before they are repacked. */
const MOST_FRAGMENTED = 2;
/** So few rules are never worth repacking. */
const FEW_RULES = 8;

/** A rule being filled. */
interface Bin {
  readonly clauses: Set<string>;
  length: number;
  /** It differs from what X has, so one more change in it costs nothing. */
  changed: boolean;
  closed: boolean;
}

interface Packing {
  readonly limits: PlanLimits;
  bins: Bin[];
  readonly placed: Map<string, Bin>;
}

/**
 * The rules for `tracks`, where `previous` are the rules as they are: a track is added to a rule that
 * has room, and rules without a change stay what they are. When tracks compete, the earlier ones in
 * `tracks` win. Cost: clauses times rules at worst.
 */
export function plan(previous: readonly Rule[], tracks: Iterable<Track>, limits: PlanLimits): Plan {
  const asked = [...tracks].map((track) => ({ track, clauses: spellTrack(track, limits) }));
  const wanted = new Set(asked.flatMap(({ clauses }) => clauses ?? []));
  let packing = keep(previous, wanted, limits);
  if (isFragmented(packing)) packing = repack(packing);
  let repacked = false;

  const rejected: Track[] = [];
  for (const { track, clauses } of asked) {
    if (clauses !== undefined && placeAll(packing, clauses)) continue;
    if (clauses !== undefined && !repacked) {
      // Worth a try once: to pack anew is dear, here and at X.
      repacked = true;
      const fresh = repack(packing);
      if (placeAll(fresh, clauses)) {
        packing = fresh;
        continue;
      }
    }
    rejected.push(track);
  }
  if (rejected.length > 0) dropOnlyRejected(packing, asked, new Set(rejected));
  const rules = packing.bins.filter((bin) => bin.clauses.size > 0);
  return { rules: rules.map((bin) => [...bin.clauses]), rejected };
}

// Every plan asks for the same texts again, and to spell them is most of its work.
const spelt = new WeakMap<RuleFrame, WeakMap<Track, readonly string[] | undefined>>();

/** The track's clauses as texts, or undefined when one of them can't be asked for. */
export function spellTrack(
  track: Track,
  { frame, invalid }: Pick<PlanLimits, 'frame' | 'invalid'>,
): readonly string[] | undefined {
  const known = spelt.get(frame) ?? new WeakMap();
  spelt.set(frame, known);
  if (!known.has(track)) known.set(track, spellClauses(track, frame));
  const clauses: readonly string[] | undefined = known.get(track);
  return clauses?.some((clause) => invalid.has(clause)) ? undefined : clauses;
}

function spellClauses(track: Track, { room }: RuleFrame): string[] | undefined {
  const clauses = new Set<string>();
  for (const clause of track.clauses) {
    const text = spellClause(clause, room);
    if (text === undefined) return undefined;
    clauses.add(text);
  }
  return [...clauses];
}

function keep(previous: readonly Rule[], wanted: ReadonlySet<string>, limits: PlanLimits): Packing {
  const packing: Packing = { limits, bins: [], placed: new Map() };
  for (const rule of previous) {
    const mustSplit = rule.length > 1 && rule.some((clause) => limits.alone.has(clause));
    const kept = mustSplit ? [] : rule.filter((clause) => wanted.has(clause));
    if (kept.length === 0) continue;
    const bin = addBin(packing);
    for (const clause of kept) if (!packing.placed.has(clause)) put(packing, bin, clause);
    bin.changed = bin.clauses.size < rule.length;
  }
  // Fewer rules may be allowed than before: what is in excess is placed anew.
  for (const bin of packing.bins.splice(Math.max(0, limits.maxRules))) {
    for (const clause of bin.clauses) packing.placed.delete(clause);
  }
  return packing;
}

/** All or nothing; with nothing, the packing is as it was. */
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

/** The fullest rule with room among those that change anyway, else among all, else a new one. */
function findBin(packing: Packing, clause: string): Bin | undefined {
  const { bins, limits } = packing;
  let best: Bin | undefined;
  if (!limits.alone.has(clause)) {
    for (const bin of bins) {
      if (bin.closed || bin.length + OR.length + clause.length > limits.frame.room) continue;
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
  const needed = Math.ceil(characters / (limits.frame.room + OR.length));
  return shared.length > FEW_RULES + needed * MOST_FRAGMENTED;
}

/** Everything packed anew, longest first, which wastes least; or as it was, should that not be fewer. */
function repack(packing: Packing): Packing {
  const fresh: Packing = { limits: packing.limits, bins: [], placed: new Map() };
  const clauses = [...packing.placed.keys()];
  clauses.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return placeAll(fresh, clauses) && fresh.bins.length <= packing.bins.length ? fresh : packing;
}

function dropOnlyRejected(
  packing: Packing,
  asked: readonly { readonly track: Track; readonly clauses: readonly string[] | undefined }[],
  rejected: ReadonlySet<Track>,
): void {
  const needed = new Set(
    asked.flatMap(({ track, clauses }) => (rejected.has(track) ? [] : (clauses ?? []))),
  );
  for (const clause of [...packing.placed.keys()]) if (!needed.has(clause)) take(packing, clause);
}
