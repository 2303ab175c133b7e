import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiFailure } from '../../../src/source/x/api-client.ts';
import { type FailureKind, REST_MS } from '../../../src/source/x/failure.ts';
import {
  RULE_READS_A_WINDOW,
  RULE_WRITES_A_WINDOW,
  WINDOW_MS,
} from '../../../src/source/x/limits.ts';
import { ruleFormat } from '../../../src/source/x/rule-text.ts';
import { Rules } from '../../../src/source/x/rules.ts';
import type { Added, ApiRule, RulesApi } from '../../../src/source/x/rules-api.ts';
import {
  after,
  INITIAL_RULES,
  LIST_EVERY_MS,
  nextStep,
  type RulesState,
  type Step,
} from '../../../src/source/x/rules-state.ts';
import type { Track } from '../../../src/track/track.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { track } from '../../support/tracks.ts';

const MINUTE = 60_000;
const NOW = 1_000_000;
const MAX_RULES = 10;
const NOTHING: Added = { created: [], duplicates: false, full: false, invalid: new Map() };
const DUPLICATES: Added = { ...NOTHING, duplicates: true };

function desire(...values: string[]): RulesState['desired'] {
  return new Map(values.map((value) => [value, value.split(' ')]));
}

const KNOWN: RulesState = {
  ...INITIAL_RULES,
  anyWanted: true,
  stored: [],
  listedAt: NOW,
  desired: desire('a b'),
};
const SEVERAL: RulesState = { ...KNOWN, desired: desire('a', 'b', 'c') };
const FAILED = failed(KNOWN, 'http', NOW);

function failed(state: RulesState, kind: FailureKind, until: number | undefined) {
  return after.failed(state, { failure: { kind, reason: kind }, until }, NOW);
}

function created(...values: string[]): Added {
  return { ...NOTHING, created: values.map((value) => ({ id: value, value })) };
}

function invalid(value: string): Added {
  return { ...NOTHING, invalid: new Map([[value, 'No.']]) };
}

const nonsense = (reason: string): Step => ({ fail: { kind: 'http', reason } });

const TABLE: readonly (readonly [string, RulesState, Step])[] = [
  ['nothing is known', INITIAL_RULES, 'list'],
  ['the rules are listed', after.listed(INITIAL_RULES, [], NOW), 'plan'],
  ['the rules are planned', after.planned(KNOWN, desire('c')), { add: ['c'] }],
  ['a track comes or goes', after.wanted(KNOWN, true, NOW), 'plan'],
  ['X holds a rule', after.added(KNOWN, ['a b'], created('a b'), NOW), 'settle'],
  [
    'X holds some of the rules',
    after.added(SEVERAL, ['a', 'b', 'c'], created('a'), NOW),
    { add: ['b', 'c'] },
  ],
  ['X has no room', after.added(KNOWN, ['a b'], { ...NOTHING, full: true }, NOW), 'list'],
  ['X has a rule already', after.added(KNOWN, ['a b'], DUPLICATES, NOW), 'list'],
  [
    'X still has a rule that it does not list',
    after.added({ ...KNOWN, listedFor: 'duplicates' }, ['a b'], DUPLICATES, NOW),
    nonsense('X says that it has a rule, and does not list it'),
  ],
  [
    'X does not take a rule',
    after.added(KNOWN, ['a b'], invalid('a b'), NOW),
    { check: { clauses: ['a', 'b'], reason: 'No.' } },
  ],
  [
    'X calls a rule invalid that it was not asked for',
    after.added(KNOWN, ['a b'], invalid('z'), NOW),
    nonsense('X created no rule and gave no reason'),
  ],
  [
    'the clauses of an invalid rule are checked',
    after.checked(after.added(KNOWN, ['a b'], invalid('a b'), NOW)),
    'plan',
  ],
  [
    'X takes none of several rules and says nothing',
    after.added(SEVERAL, ['a', 'b', 'c'], NOTHING, NOW),
    { add: ['a', 'b'] },
  ],
  [
    'X does not take a single rule and says nothing',
    after.added(KNOWN, ['a b'], NOTHING, NOW),
    nonsense('X created no rule and gave no reason'),
  ],
  ['a request fails', FAILED, 'list'],
  ['the stream doubts the rules', after.doubted(KNOWN), 'list'],
  [
    'the stream doubts the rules during an addition',
    after.added(after.doubted(KNOWN), ['a b'], created('a b'), NOW),
    'list',
  ],
  ['all is settled', after.settled({ ...KNOWN, desired: new Map() }), 'settle'],
  ['the list is old', { ...KNOWN, desired: new Map(), listedAt: NOW - LIST_EVERY_MS }, 'list'],
  ['all is settled and nothing is wanted', after.settled({ ...KNOWN, anyWanted: false }), 'list'],
];

describe('what to do about the rules at X', () => {
  test.each(TABLE)('when %s', (_, state, step) => {
    expect(nextStep(state, MAX_RULES, NOW)).toEqual(step);
  });

  test('X is believed about how many rules it has room for, until it lists them without a complaint', () => {
    const full = after.added(KNOWN, ['a b'], { ...NOTHING, full: true }, NOW);
    const listed = after.listed(full, [{ id: '1', value: 'cats' }], NOW);
    expect(listed.foundRoom).toBe(1);
    expect(after.listed(after.doubted(listed), [], NOW).foundRoom).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    ['forgets that something failed', after.added(FAILED, ['a b'], created('a b'), NOW), 0],
    ['forgets it after a removal', after.removed(FAILED, []), 0],
    ['counts failures in a row', failed(FAILED, 'http', NOW), 2],
    ['does not take a list for a success', after.listed(FAILED, [], NOW), 1],
    ['does not take nonsense for one', after.added(FAILED, ['a b'], NOTHING, NOW), 1],
  ])('%s', (_, { failures, setback }, count) => {
    expect(failures.http ?? 0).toBe(count);
    expect(setback !== undefined).toBe(count > 0);
  });

  const idle = failed({ ...KNOWN, anyWanted: false }, 'unauthorized', undefined);
  test.each([
    ['is retried for the first listener after a rest', idle, REST_MS, false],
    ['is not retried too soon', idle, REST_MS - 1, true],
    ['is not retried for a later listener', { ...idle, anyWanted: true }, REST_MS, true],
    [
      'that has a schedule keeps to it',
      failed({ ...KNOWN, anyWanted: false }, 'forbidden', NOW),
      REST_MS,
      true,
    ],
  ])('a failure %s', (_, state, rest, stays) => {
    expect(after.wanted(state, true, NOW + rest).setback !== undefined).toBe(stays);
  });
});

type Fault = 'fail' | 'limited' | 'duplicates' | 'full' | 'nothing';

/** An X in memory, whose answers go wrong by a script. */
function createX(
  clock: FakeClock,
  script: readonly (Fault | undefined)[],
  isEvil: (value: string) => boolean,
) {
  const rules = new Map<string, ApiRule>();
  const requests = { reads: [] as number[], writes: [] as number[] };
  const faults = [...script];
  let ids = 0;

  function failure(fault: Fault | undefined): ApiFailure | undefined {
    if (fault === 'fail') return new ApiFailure({ kind: 'http', reason: 'X answered 503' });
    if (fault === 'limited') return new ApiFailure({ kind: 'limited', reason: 'X answered 429' });
    return undefined;
  }

  const api: RulesApi = {
    async list(mayAsk = () => true) {
      if (!mayAsk()) return new ApiFailure({ kind: 'limited', reason: 'no reads are left' });
      requests.reads.push(clock.monotonic());
      return failure(faults.shift()) ?? [...rules.values()];
    },
    async add(values, tag, dryRun = false) {
      requests.writes.push(clock.monotonic());
      const fault = faults.shift();
      const failed = failure(fault);
      if (failed !== undefined) return failed;
      if (fault === 'duplicates') return DUPLICATES;
      if (fault === 'full') return { ...NOTHING, full: true };
      if (fault === 'nothing') return NOTHING;
      const invalid = new Map(values.filter(isEvil).map((value) => [value, 'No.']));
      const made = values
        .filter((value) => !isEvil(value))
        .map((value) => ({ id: `${++ids}`, value, tag }));
      if (!dryRun) for (const rule of made) rules.set(rule.id, rule);
      return { ...NOTHING, created: made, invalid };
    },
    async remove(ids) {
      requests.writes.push(clock.monotonic());
      const failed = failure(faults.shift());
      if (failed !== undefined) return failed;
      for (const id of ids) rules.delete(id);
      return undefined;
    },
    close() {},
  };
  return { api, rules, requests };
}

function mostInAWindow(times: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [n, at] of times.entries()) {
    while (at - (times[first] ?? 0) >= WINDOW_MS) first += 1;
    most = Math.max(most, n - first + 1);
  }
  return most;
}

describe('the rules, whatever X answers', () => {
  test('end as they are wanted, without invalid clauses, and within both budgets', async () => {
    const faults = fc.constantFrom<Fault | undefined>(
      ...(['fail', 'limited', 'duplicates', 'full', 'nothing'] as const),
      ...Array<undefined>(6).fill(undefined),
    );
    const changes = fc.array(fc.record({ topic: fc.nat(30), pause: fc.nat(20_000) }), {
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(faults, { maxLength: 40 }), changes, async (script, all) => {
        const clock = new FakeClock();
        const x = createX(clock, script, (value) => value.includes('evil'));
        const wanted = new Set<Track>();
        const rejected = new Set<Track>();
        const topics = Array.from({ length: 31 }, (_, n) =>
          track(n % 5 === 0 ? `evil${n}` : `topic${n}`),
        );
        const rules = new Rules({
          api: x.api,
          format: ruleFormat(['en'], 256),
          maxRules: 1000,
          clock,
          random: () => 0,
          onRejected(track) {
            rejected.add(track);
            wanted.delete(track);
            rules.want(wanted);
          },
          onRestored() {},
          onChange() {},
        });

        async function pass(ms: number): Promise<void> {
          const end = clock.monotonic() + ms;
          while (clock.next !== undefined && clock.monotonic() + clock.next <= end) {
            clock.advance(clock.next);
            await setImmediate();
          }
          clock.advance(end - clock.monotonic());
        }

        for (const { topic, pause } of all) {
          const it = topics[topic] as Track;
          if (!wanted.delete(it)) wanted.add(it);
          rules.want(wanted);
          await pass(pause);
        }
        // Beyond every fault of the script and the wait for each.
        await pass(12 * 60 * 60_000);

        const held = [...x.rules.values()].map(({ value }) => value);
        for (const it of topics) {
          const [term] = it.canonical.split(' ');
          expect(held.filter((value) => value.includes(`"${term}"`)).length).toBe(
            wanted.has(it) ? 1 : 0,
          );
        }
        expect([...wanted].some((it) => it.canonical.startsWith('evil'))).toBe(false);
        expect(mostInAWindow(x.requests.writes)).toBeLessThanOrEqual(RULE_WRITES_A_WINDOW);
        expect(mostInAWindow(x.requests.reads)).toBeLessThanOrEqual(RULE_READS_A_WINDOW);
        wanted.clear();
        rules.want(wanted);
        await pass(MINUTE);
        expect(x.rules.size).toBe(0);
        expect(clock.pending).toBe(0);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  test('are not asked for without end when X only ever says that it has them', async () => {
    const clock = new FakeClock();
    const x = createX(clock, Array(10_000).fill('duplicates'), () => false);
    const rules = new Rules({
      api: x.api,
      format: ruleFormat(['en'], 1024),
      maxRules: 1000,
      clock,
      random: () => 0,
      onRejected() {},
      onRestored() {},
      onChange() {},
    });
    rules.want(new Set([track('rust')]));
    for (let n = 0; n < 200; n++) {
      clock.advance(clock.next ?? 0);
      await setImmediate();
    }
    expect(rules.status.setback?.failure.reason).toMatch(/does not list it/);
    expect(clock.monotonic()).toBeGreaterThan(60 * 60_000);
  });
});
