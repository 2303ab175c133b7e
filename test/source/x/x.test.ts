import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINGER_MS } from '../../../src/source/linger.ts';
import { until } from '../../support/until.ts';
import { startXSource, type XSource, xPost } from '../../support/x-source.ts';

const MINUTE = 60_000;
const DAY_MS = 24 * 60 * MINUTE;

/** Reads posts until the day's allowance of `posts` is used up. */
async function useUp(it: XSource, posts: number): Promise<void> {
  const left = posts - (it.source.usage?.postsToday ?? 0);
  for (let n = 0; n < left; n++) await it.x.push(xPost('rust'));
  await until(() => it.source.state.name === 'paused');
}

describe('the X source', () => {
  test('stays live while its rules cannot be changed, and warns once of each kind of failure', async () => {
    const it = await startXSource();
    await it.live('rust');
    it.x.faults.rules.push({ status: 503 }, { status: 503 }, { status: 403 });
    it.track('tea');
    await it.eventually(() => it.warnings.length === 2);
    expect(it.warnings).toEqual([
      'the rules at X cannot be changed for now: X answered 503',
      expect.stringMatching(/^the rules at X cannot be changed for now: X answered 403;/),
    ]);
    expect(it.states.map(({ name }) => name)).toEqual(['connecting', 'live']);
    await it.eventually(() => it.x.matching(xPost('tea')).length > 0);
    expect(it.source.state).toEqual({ name: 'live' });
    expect(it.x.counts.connects).toBe(1);
    expect(it.warnings).toHaveLength(2);
  });

  test('does not warn of rules when its state says so already', async () => {
    const it = await startXSource();
    it.x.faults.rules.push({ status: 503 });
    await it.live('rust');
    expect(it.states.map(({ name }) => name)).toContain('waiting');
    expect(it.warnings).toEqual([]);
  });

  test('is idle without listeners, even if the allowance is used up and the next day begins', async () => {
    const it = await startXSource({ dailyPosts: 5 });
    const track = await it.live('rust');
    await useUp(it, 5);
    it.drop(track);
    await it.eventually(() => it.source.state.name === 'idle');
    const again = it.track('rust');
    expect(it.source.state.name).toBe('paused');
    it.drop(again);
    await it.pass(LINGER_MS);
    const { connects } = it.x.counts;
    it.clock.advance(DAY_MS);
    await it.pass(MINUTE);
    expect(it.source.state).toEqual({ name: 'idle' });
    expect(it.x.counts.connects).toBe(connects);
    await it.live('rust');
  });

  const STEPS = {
    track: (it: XSource) => void it.track('rust'),
    drop(it: XSource) {
      for (const track of [...it.wanted]) it.drop(track);
    },
    failRules(it: XSource) {
      it.x.faults.rules.push({ status: 503 });
      if (it.wanted.size > 0) it.track(`other${it.wanted.size}`);
    },
    forbidRules: (it: XSource) => void it.x.faults.rules.push({ status: 403 }),
    failStream: (it: XSource) => void it.x.faults.connects.push({ status: 503 }),
    breakStream: (it: XSource) => it.x.drop(),
    loseRules(it: XSource) {
      it.x.rules.clear();
      it.x.drop();
    },
    async useUp(it: XSource) {
      if (it.x.connected) await useUp(it, 5);
    },
    nextDay: (it: XSource) => it.clock.advance(DAY_MS),
  } as const;

  test('never reads unless it is wanted and paid for, and always comes back, whatever happens', async () => {
    const steps = fc.array(fc.constantFrom(...Object.values(STEPS)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const it = await startXSource({ dailyPosts: 5 });
        for (const step of all) {
          await step(it);
          await it.pass(LINGER_MS + 1000);
          const { state } = it.source;
          expect(state).toEqual(it.states.at(-1) ?? { name: 'idle' });
          expect(state.name === 'idle').toBe(it.wanted.size === 0);
          expect(state.name === 'live').toBe(it.x.connected);
        }
        for (const [at, state] of it.states.entries()) expect(state).not.toEqual(it.states[at + 1]);
        expect(JSON.stringify(it.states)).not.toContain('another connection');
        it.x.faults.rules.length = 0;
        it.x.faults.connects.length = 0;
        it.clock.advance(DAY_MS);
        await it.live('rust');
        await useUp(it, 5);
      }),
      { seed: 11, numRuns: 40 },
    );
  });
});
