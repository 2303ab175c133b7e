// Ten thousand posts through random faults of every kind: each post that X sent arrives once.
// SOAK_SEED=123 chooses another run.

import { describe, expect, test } from 'vitest';
import { SILENCE_MS } from '../../../src/source/x/stream-connection.ts';
import { Matcher } from '../../../src/track/matcher.ts';
import { words } from '../../../src/track/words.ts';
import { spellLine, type XPost } from '../../support/fake-x.ts';
import { seeded } from '../../support/seeded.ts';
import { until } from '../../support/until.ts';
import { parse, startXSource, xPost } from '../../support/x-source.ts';

const POSTS = 10_000;
const SEED = Number(process.env.SOAK_SEED ?? 20261120);
const TOPICS = [
  'rust',
  '#coffee',
  '@jack',
  '$tsla',
  '"new york"',
  "don't",
  'straße',
  'tea, milk -sugar',
  'wild card',
];
const NOISE = [
  '🦀',
  '👩‍👩‍👧‍👦',
  'naïve',
  '東京',
  'A & B',
  '"quoted"',
  '\\',
  '\u2028',
  'lovely',
  'awful',
];

describe('a soak with every fault', () => {
  test(`delivers each post that X really sent once, and the counts add up (seed ${SEED})`, async () => {
    const random = seeded(SEED);
    const chance = (share: number) => random() < share;
    const pick = <T>(choices: readonly T[]): T =>
      choices[Math.floor(random() * choices.length)] as T;
    const it = await startXSource({
      dailyPosts: 'none',
      random: seeded(SEED + 1),
      fake: { keepAliveMs: 0 },
    });
    const { x, clock } = it;
    const sent = {
      posts: 0,
      unmatched: 0,
      quoted: 0,
      repeats: 0,
      edits: 0,
      reposts: 0,
      bad: 0,
      cut: 0,
    };
    const faults: Record<string, number> = {};
    const expected = new Set<string>();
    const history: XPost[] = [];
    const late: XPost[] = [];
    const anchor = await it.live('always');
    let opened = x.counts.opened;

    function write(): XPost {
      const topic = pick(TOPICS).replaceAll('"', '').replace(/,.*/, '');
      const text = `${chance(0.5) ? topic : topic.toUpperCase()} ${pick(NOISE)} ${chance(0.5) ? 'always' : ''} ${pick(NOISE)}`;
      return chance(0.1) ? xPost('It begins …', { note_tweet: { text } }) : xPost(text);
    }

    async function send(post: XPost): Promise<void> {
      const isQuoted = chance(0.05);
      const outer = isQuoted ? xPost('see what they said') : post;
      if (!(await x.push(outer, isQuoted ? `${post.text} always` : undefined))) {
        sent.unmatched += 1;
        return;
      }
      if (isQuoted) sent.quoted += 1;
      sent.posts += 1;
      expected.add(outer.id);
      history.push(outer);
    }

    async function back(): Promise<void> {
      await it.eventually(
        () => x.counts.opened > opened && x.connected && it.source.state.name === 'live',
        'back',
      );
      opened = x.counts.opened;
    }

    async function cut(post: XPost): Promise<void> {
      const line = Buffer.from(spellLine(post));
      const bytes = 1 + Math.floor(random() * (line.length - 1));
      await x.raw(line.subarray(0, bytes));
      if (bytes < line.length - 2) {
        sent.cut += 1;
      } else {
        // Only the line break is missing.
        sent.posts += 1;
        expected.add(post.id);
        history.push(post);
      }
    }

    const breaks: Record<string, () => Promise<void>> = {
      async drop() {
        x.drop();
      },
      async end() {
        x.end();
      },
      async dropInALine() {
        await cut(write());
        x.drop();
      },
      async endInALine() {
        await cut(write());
        x.end();
      },
      async silence() {
        // Once the last post has arrived, so have the earlier ones.
        const last = xPost('always');
        await x.raw(spellLine(last));
        sent.posts += 1;
        expected.add(last.id);
        await arrived();
        clock.advance(SILENCE_MS);
      },
      async error() {
        const title = pick(['operational-disconnect', 'ConnectionException']);
        const issue =
          title === 'ConnectionException' ? { connection_issue: 'TooManyConnections' } : {};
        await x.raw(`${JSON.stringify({ errors: [{ title, detail: 'bye', ...issue }] })}\r\n`);
      },
      async stuck() {
        x.faults.stuck = true;
        x.drop();
        const { connects } = x.counts;
        await it.eventually(() => x.counts.connects > connects, 'a connect');
        x.faults.stuck = false;
      },
      async noRules() {
        x.rules.clear();
        x.drop();
      },
    };

    async function breakOff(): Promise<void> {
      const [name, fault] = pick(Object.entries(breaks));
      faults[name] = (faults[name] ?? 0) + 1;
      await arrived();
      if (chance(0.3)) {
        const answer = pick([
          'drop',
          'silent',
          { status: 503 },
          { status: 429 },
          { status: 502, body: '<html>' },
        ] as const);
        const kind = typeof answer === 'string' ? answer : String(answer.status);
        faults[`connect ${kind}`] = (faults[`connect ${kind}`] ?? 0) + 1;
        x.faults.connects.push(answer);
      }
      await fault();
      await back();
    }

    async function arrived(): Promise<void> {
      await until(() => it.posts.length >= expected.size && it.bad.length >= sent.bad, 'arrived');
    }

    function retrack(): void {
      const others = [...it.wanted].filter((track) => track !== anchor);
      if (others.length > 5 || (others.length > 0 && chance(0.4))) it.drop(pick(others));
      else it.track(pick(TOPICS));
      if (!chance(0.2)) return;
      const answer = pick([
        'drop',
        { status: 503 },
        { status: 429 },
        { status: 200, body: 'rubbish' },
      ] as const);
      x.faults.rules.push(answer);
      faults.rules = (faults.rules ?? 0) + 1;
    }

    while (sent.posts < POSTS) {
      x.faults.pieceBytes = chance(0.1) ? 1 + Math.floor(random() * 40) : 0;
      x.faults.enactmentMs = chance(0.5) ? 20_000 : 0;
      const dice = random();
      if (dice < 0.8) await send(write());
      else if (dice < 0.83) late.push(write());
      else if (dice < 0.86) for (const post of late.splice(0).reverse()) await send(post);
      else if (dice < 0.89 && history.length > 0) {
        sent.repeats += 1;
        await x.raw(spellLine(pick(history)));
      } else if (dice < 0.92 && history.length > 0) {
        const old = pick(history);
        sent.edits += 1;
        const { id } = xPost('');
        await x.raw(spellLine({ ...old, id, edit_history_tweet_ids: [old.id, id] }));
      } else if (dice < 0.94) {
        sent.reposts += 1;
        await x.raw(
          spellLine(xPost('RT', { referenced_tweets: [{ type: 'retweeted', id: '1' }] })),
        );
      } else if (dice < 0.96) {
        sent.bad += 1;
        await x.raw(
          pick(['{"data":\r\n', 'rubbish\r\n', '{"data":{"id":"x"}}\r\n', '[1]\r\n', '\u0000\r\n']),
        );
      } else if (dice < 0.97) {
        retrack();
      } else if (dice < 0.99) {
        // One second passes, or ten, and a keep-alive arrives.
        await arrived();
        clock.advance(chance(0.1) ? 10_000 : 1000);
        await x.raw('\r\n');
        await send(xPost('always'));
        await arrived();
        if (!x.connected || it.source.state.name !== 'live') await back();
      } else {
        await breakOff();
      }
    }
    await until(
      () => it.posts.length + it.repeated >= sent.posts + sent.repeats + sent.edits,
      'all of it',
    );

    const ids = it.posts.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids)).toEqual(expected);
    expect(it.repeated).toBe(sent.repeats + sent.edits);
    expect(it.bad).toHaveLength(sent.bad + sent.cut);
    expect(it.rejected).toEqual([]);
    expect(x.counts.limited).toBe(0);
    // X also matches quoted posts; the matcher does not.
    const matcher = new Matcher<string>();
    for (const query of [...TOPICS, 'always']) matcher.add(parse(query), query);
    expect(it.posts.filter(({ text }) => matcher.match(words(text)).length === 0)).toHaveLength(
      sent.quoted,
    );
    const charged = sent.posts + sent.edits + sent.reposts + sent.bad + sent.cut;
    expect(it.source.usage?.postsToday).toBe(charged);
    console.log(
      JSON.stringify({
        seed: SEED,
        sent,
        delivered: ids.length,
        repeated: it.repeated,
        bad: it.bad.length,
        connects: x.counts.connects,
        writes: x.counts.writes,
        reads: x.counts.reads,
        faults,
        charged,
        hours: Math.round(clock.monotonic() / 36e5),
      }),
    );
  });
});
