import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/user-error.ts';
import { type Plan, type PlanLimits, plan, type Rule } from '../../../src/source/x/rule-plan.ts';
import { ruleFormat, spellRule, spellTrack } from '../../../src/source/x/rule-text.ts';
import { parseTrack, type Track } from '../../../src/track/track.ts';

const none: ReadonlySet<string> = new Set();
const limits: PlanLimits = {
  format: ruleFormat(['en'], 1024),
  maxRules: 1000,
  alone: none,
  invalid: none,
};
const small: PlanLimits = { ...limits, format: ruleFormat(['en'], 256), maxRules: 6 };

function track(query: string): Track {
  const parsed = parseTrack(query);
  if (parsed instanceof UserError) throw parsed;
  return parsed;
}

/** Made up: the same topic for the same number. */
function topic(n: number): Track {
  const name = (n * 7919 + 104729).toString(36);
  const other = (n * 15485863 + 3).toString(36);
  if (n % 10 === 0) return track(`topic${name} other${other}`);
  return track(n % 7 === 0 ? `#t${name}, "new ${other}"` : `topic${name}`);
}

function expectSound({ rules, rejected }: Plan, tracks: Iterable<Track>, within: PlanLimits): void {
  const asked = new Set(rules.flat());
  expect(rules.flat().length).toBe(asked.size);
  expect(rules.length).toBeLessThanOrEqual(within.maxRules);
  for (const rule of rules) {
    expect(rule.length).toBeGreaterThan(0);
    expect(spellRule(rule, within.format).length).toBeLessThanOrEqual(
      within.format.room + within.format.suffix.length + 2,
    );
  }
  const needed = new Set<string>();
  for (const it of tracks) {
    if (rejected.includes(it)) continue;
    for (const clause of spellTrack(it, within.format) ?? []) {
      needed.add(clause);
      expect(asked.has(clause)).toBe(true);
    }
  }
  for (const clause of asked) expect(needed.has(clause)).toBe(true);
}

function changes(before: readonly Rule[], after: readonly Rule[]): number {
  const values = new Set(before.map((rule) => spellRule(rule, limits.format)));
  return after.filter((rule) => !values.has(spellRule(rule, limits.format))).length;
}

describe('the plan', () => {
  test('covers ten thousand topics within the pay-per-use plan', () => {
    const tracks = Array.from({ length: 10_000 }, (_, n) => topic(n));
    const start = performance.now();
    const made = plan([], tracks, limits);
    const ms = performance.now() - start;
    expectSound(made, tracks, limits);
    expect(made.rejected).toEqual([]);
    expect(made.rules.length).toBeLessThan(700);
    console.log(`10,000 topics: ${made.rules.length} rules, ${Math.round(ms)} ms`);
  });

  test('fills its rules well', () => {
    const tracks = Array.from({ length: 2000 }, (_, n) => topic(n));
    const { rules } = plan([], tracks, limits);
    const characters = rules.flat().reduce((sum, clause) => sum + clause.length + 4, 0);
    expect(rules.length).toBeLessThanOrEqual(
      Math.ceil((characters / limits.format.room) * 1.1) + 1,
    );
  });

  test('changes one rule for a new topic, and one for a topic that goes', () => {
    const tracks = Array.from({ length: 1000 }, (_, n) => topic(n * 11 + 1));
    const before = plan([], tracks, limits);
    const more = plan(before.rules, [...tracks, track('espresso')], limits);
    const less = plan(before.rules, tracks.slice(1), limits);
    expect(changes(before.rules, more.rules)).toBe(1);
    expect(changes(before.rules, less.rules)).toBeLessThanOrEqual(1);
    expect(changes(before.rules, plan(before.rules, tracks, limits).rules)).toBe(0);
  });

  test('asks only once for a clause that several tracks share', () => {
    expect(plan([], [track('#a, #b'), track('#b'), track('#b -c')], limits).rules).toEqual([
      ['#a', '#b'],
    ]);
  });

  test('rejects only what does not fit, the latest first', () => {
    const tracks = Array.from({ length: 60 }, (_, n) => topic(n * 11 + 1));
    const { rules, rejected } = plan([], tracks, small);
    expectSound({ rules, rejected }, tracks, small);
    expect(rejected.length).toBeGreaterThan(0);
    expect(rejected).not.toContain(tracks[0]);
    expect(
      plan(
        rules,
        tracks.filter((it) => !rejected.includes(it)),
        small,
      ).rejected,
    ).toEqual([]);
  });

  test('keeps no clause of a rejected track', () => {
    const { rules, rejected } = plan([], [track('#a'), track(`#b, ${'x'.repeat(200)}`)], {
      ...small,
      format: ruleFormat(['en'], 100),
    });
    expect(rejected).toHaveLength(1);
    expect(rules).toEqual([['#a']]);
  });

  test('gives a clause a rule of its own if X takes it only alone', () => {
    const alone = new Set(['#b']);
    const before = plan([], [track('#a'), track('#b'), track('#c')], limits);
    expect(before.rules).toHaveLength(1);
    const { rules } = plan(before.rules, [track('#a'), track('#b'), track('#c')], {
      ...limits,
      alone,
    });
    expect(rules.map((rule) => rule.join())).toEqual(['#a,#c', '#b']);
  });

  test('stays correct and bounded over any changes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(400)), { maxLength: 150 }),
        fc.nat(30),
        (steps, size) => {
          const tracks = new Map<number, Track>();
          let rules: readonly Rule[] = [];
          const batch = size + 1;
          for (let at = 0; at < steps.length; at += batch) {
            for (const [add, n] of steps.slice(at, at + batch)) {
              if (add) tracks.set(n, tracks.get(n) ?? topic(n));
              else tracks.delete(n);
            }
            const made = plan(rules, tracks.values(), small);
            expectSound(made, tracks.values(), small);
            for (const [n, it] of tracks) if (made.rejected.includes(it)) tracks.delete(n);
            rules = made.rules;
          }
        },
      ),
      { seed: 17, numRuns: 200 },
    );
  });

  test('repacks half-empty rules when most topics have gone', () => {
    const tracks = Array.from({ length: 2000 }, (_, n) => topic(n));
    const full = plan([], tracks, limits);
    const rest = tracks.filter((_, n) => n % 20 === 0);
    const { rules } = plan(full.rules, rest, limits);
    expectSound({ rules, rejected: [] }, rest, limits);
    const ideal = plan([], rest, limits).rules.length;
    expect(rules.length).toBeLessThanOrEqual(2 * ideal + 9);
  });
});
