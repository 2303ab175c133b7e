import { describe, expect, test } from 'vitest';
import { IN_FORCE_MS, nextWrite, type StoredRule } from '../../../src/source/x/rule-writes.ts';

/** A rule whose value is its clauses, written `age` milliseconds before `NOW`. */
const NOW = 1_000_000;
const stored = (value: string, age = IN_FORCE_MS, ours = true): StoredRule => ({
  id: value,
  value,
  ours,
  clauses: value.split(' '),
  since: NOW - age,
});
const goal = (
  values: string[],
  maxRules = 10,
  more: { addedLast?: boolean; mostAWrite?: number } = {},
) => ({
  desired: new Map(values.map((value) => [value, value.split(' ')])),
  maxRules,
  mostAWrite: 100,
  addedLast: false,
  ...more,
});

describe('the next write of rules', () => {
  test('does not exist when X holds what is wanted', () => {
    expect(nextWrite(goal(['a b']), [stored('a b')], NOW)).toBeUndefined();
  });

  test('adds before it removes, and waits until additions are in force', () => {
    expect(nextWrite(goal(['a b']), [stored('a')], NOW)).toEqual({ add: ['a b'] });
    expect(nextWrite(goal(['a b']), [stored('a'), stored('a b', 0)], NOW)).toEqual({
      wait: IN_FORCE_MS,
    });
    const young = [stored('a'), stored('a b', IN_FORCE_MS - 7)];
    expect(nextWrite(goal(['a b']), young, NOW)).toEqual({ wait: 7 });
    const old = [stored('a'), stored('a b')];
    expect(nextWrite(goal(['a b']), old, NOW)).toEqual({ remove: [old[0]] });
  });

  test('removes at once a rule that nothing wants', () => {
    const gone = stored('x', 0);
    expect(nextWrite(goal([]), [gone], NOW)).toEqual({ remove: [gone] });
  });

  test('removes a rule in between, although the newest is not yet in force', () => {
    const first = stored('a', 3 * IN_FORCE_MS);
    const chain = [first, stored('a b', IN_FORCE_MS), stored('a b c', 0)];
    expect(nextWrite(goal(['a b c']), chain, NOW)).toEqual({ remove: [first] });
  });

  test('never relies on a rule that is about to go', () => {
    const twins = [stored('a x'), stored('a y'), stored('a', 0)];
    expect(nextWrite(goal(['a']), twins, NOW)).toEqual({ remove: [twins[0]] });
  });

  test('removes in between when tracks keep coming', () => {
    const gone = stored('x');
    expect(nextWrite(goal(['a'], 10, { addedLast: true }), [gone], NOW)).toEqual({
      remove: [gone],
    });
  });

  test('adds what there is room for, and makes room when there is none', () => {
    const full = [stored('a'), stored('f', 0, false)];
    expect(nextWrite(goal(['b', 'c'], 3), full, NOW)).toEqual({ add: ['b'] });
    expect(nextWrite(goal(['a b'], 2), full, NOW)).toEqual({ remove: [full[0]] });
    expect(nextWrite(goal(['b', 'c'], 10, { mostAWrite: 1 }), [], NOW)).toEqual({ add: ['b'] });
  });

  test('never touches a rule that is not Senti’s', () => {
    const foreign = stored('x', 0, false);
    expect(nextWrite(goal([]), [foreign], NOW)).toBeUndefined();
    expect(nextWrite(goal(['a'], 1), [foreign], NOW)).toBeUndefined();
  });
});
