import { describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { startXSource, xPost } from '../../support/x-source.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the rules at X', () => {
  test('ask for what is tracked, and are gone a few seconds after the last listener', async () => {
    const { x, source, live, drop, eventually } = await startXSource();
    const track = await live('rust');
    expect([...x.rules.values()].map(({ value }) => value)).toEqual([
      '("rust" OR #rust OR @rust OR $rust) lang:en -is:retweet',
    ]);
    drop(track);
    await eventually(() => x.rules.size === 0 && !x.connected);
    expect(source.state).toEqual({ name: 'idle' });
    expect(x.counts.writes).toBe(2);
  });

  test('change a thousand times on one connection, within the budget of writes, and none is rejected', async () => {
    const { x, wanted, source, live, pass, track, drop, posts } = await startXSource();
    await live('first');
    for (let n = 0; n < 1000; n++) {
      const added = track(`topic${n}`);
      if (n % 2 === 0) drop(added);
      // A change a second, for a little more than a window.
      await pass(1000);
      if (n === 500) expect(await x.push(xPost('first'))).toBe(true);
    }
    await pass(2 * MINUTE);
    for (const it of wanted) expect(x.matching(xPost(it.canonical)).length).toBe(1);
    await until(() => posts.length === 1);
    expect(wanted.size).toBe(501);
    expect(x.counts.connects).toBe(1);
    expect(x.counts.limited).toBe(0);
    expect(source.state.name).toBe('live');
    console.log(
      `1,000 changes: ${x.counts.connects} connection, ${x.counts.writes} writes, ${x.counts.reads} reads, ${x.rules.size} rules, ${x.mostRules} at most`,
    );
  });

  test('stay within the budget while listeners come and go for an hour, and are gone after them', async () => {
    const { x, clock, pass, track, drop, eventually } = await startXSource();
    const end = clock.now() + 60 * MINUTE;
    const open: ReturnType<typeof track>[] = [];
    let n = 0;
    while (clock.now() < end) {
      if (open.length < 5 && n % 3 !== 2) open.push(track(`topic${n}`));
      else for (const it of open.splice(0, n % 7 === 0 ? 5 : 1)) drop(it);
      n += 1;
      await pass(2000);
    }
    for (const it of open) drop(it);
    await eventually(() => x.rules.size === 0 && !x.connected);
    expect(x.counts.limited).toBe(0);
    console.log(
      `an hour of ${n} changes: ${x.counts.connects} connects, ${x.counts.writes} writes, ${x.counts.reads} reads`,
    );
  });

  test('always ask for a wanted topic, although X enacts changes late', async () => {
    const { x, clock, live, track, eventually } = await startXSource();
    await live('first');
    x.faults.enactmentMs = 20_000;
    for (let n = 0; n < 20; n++) {
      track(`topic${n}`);
      for (let i = 0; i < 40; i++) {
        clock.advance(100);
        await new Promise((resolve) => setImmediate(resolve));
        expect(x.matching(xPost('first')).length).toBeGreaterThan(0);
      }
    }
    await eventually(() => x.rules.size === 1);
    expect(x.matching(xPost('first')).length).toBe(1);
  });

  test('of an earlier run are reused or removed, and foreign ones are left alone', async () => {
    const { x, live, drop, eventually } = await startXSource();
    const foreign = x.addRule('cats', 'mine');
    const untagged = x.addRule('"dogs"');
    const equal = x.addRule('("rust" OR #rust OR @rust OR $rust) lang:en -is:retweet', 'senti:1');
    const stale = x.addRule('("old") lang:en', 'senti:1');
    const track = await live('rust');
    await eventually(() => !x.rules.has(stale.id));
    expect([...x.rules.keys()]).toEqual([foreign.id, untagged.id, equal.id]);
    drop(track);
    await eventually(() => !x.connected && x.rules.size === 2);
    expect([...x.rules.keys()]).toEqual([foreign.id, untagged.id]);
  });

  test('that another program removes while the stream is live are written again', async () => {
    const { x, source, live, track, pass, eventually, posts, gaps, warnings } =
      await startXSource();
    const foreign = x.addRule('cats', 'mine');
    await live('rust');
    track('tea');
    await pass(MINUTE);
    for (const id of x.rules.keys()) if (id !== foreign.id) x.rules.delete(id);
    await eventually(() => x.rules.size > 1);
    await eventually(() => gaps.length > 0);
    await x.push(xPost('tea with rust'));
    await eventually(() => posts.length === 1);
    expect(source.state.name).toBe('live');
    expect(x.counts.connects).toBe(1);
    expect(warnings).toEqual([expect.stringMatching(/^X had lost rules of Senti/)]);
    await pass(HOUR);
    expect(gaps).toEqual([0]);
    expect(warnings.length).toBe(1);
    expect(x.counts.reads).toBeLessThanOrEqual(1 + 6);
  });

  test('that are foreign leave less room, and only the tracks that do not fit are rejected', async () => {
    const { x, live, track, rejected, pass, eventually, posts } = await startXSource({
      maxRules: 4,
      ruleLength: 256,
      fake: { maxRules: 4, ruleLength: 256 },
    });
    x.addRule('cats');
    x.addRule('dogs');
    await live('first');
    const tracks = Array.from({ length: 14 }, (_, n) => track(`topicnumber${n}`));
    await eventually(() => rejected.length > 0);
    await pass(MINUTE);
    expect(
      rejected.every(
        ({ code, message }) => code === 'UPSTREAM_FULL' && /room for 4 rules/.test(message),
      ),
    ).toBe(true);
    const out = rejected.map((it) => it.track);
    expect(out).toContain(tracks.at(-1));
    for (const it of tracks)
      expect(x.matching(xPost(it.canonical)).length > 0).toBe(!out.includes(it));
    await x.push(xPost('first'));
    await eventually(() => posts.length === 1);
  });

  test('are exchanged one for another when there is no room', async () => {
    const { x, live, track, drop, eventually, source } = await startXSource({
      maxRules: 1,
      fake: { maxRules: 1 },
    });
    const first = await live('first');
    track('second');
    await eventually(() => x.matching(xPost('second')).length === 1);
    drop(first);
    await eventually(() => x.matching(xPost('first')).length === 0);
    await eventually(() => x.matching(xPost('second')).length === 1);
    expect(source.state.name).toBe('live');
    expect(x.rules.size).toBe(1);
  });

  test('have less room than promised: the source finds out, and rejects the other tracks', async () => {
    const { x, live, track, rejected, eventually } = await startXSource({
      ruleLength: 256,
      fake: { maxRules: 2, ruleLength: 256 },
    });
    await live('first');
    for (let n = 0; n < 20; n++) track(`topicnumber${n}`);
    await eventually(() => rejected.length > 0);
    await eventually(() => x.matching(xPost('topicnumber0')).length > 0);
    expect(rejected.length).toBeLessThan(20);
    expect(x.matching(xPost('first')).length).toBeGreaterThan(0);
  });

  test('that X rejects cost only the tracks that are to blame, even in a shared rule', async () => {
    const { x, live, track, rejected, eventually } = await startXSource();
    x.faults.reject = (value) =>
      value.includes('"evil"') ? 'This word is not allowed.' : undefined;
    const evil = track('evil');
    await live('good');
    track('better');
    await eventually(() => rejected.length === 1 && x.matching(xPost('better')).length === 1);
    expect(rejected).toEqual([
      {
        track: evil,
        code: 'UPSTREAM_FULL',
        message: 'X does not take this query (This word is not allowed.); try another one.',
      },
    ]);
    expect(x.matching(xPost('good')).length).toBeGreaterThan(0);
  });

  test('are tried in smaller lots when X rejects a lot of them and names none', async () => {
    const { x, live, track, rejected, eventually } = await startXSource({
      ruleLength: 256,
      fake: { ruleLength: 256 },
    });
    x.faults.reject = (value) => (value.includes('"evil"') ? 'No.' : undefined);
    x.faults.allOrNothing = true;
    for (let n = 0; n < 12; n++) track(`topicnumber${n}`);
    const evil = track('evil');
    await live('good');
    await eventually(() => rejected.length === 1 && x.matching(xPost('good')).length === 1);
    expect(rejected[0]?.track).toBe(evil);
    for (let n = 0; n < 12; n++) expect(x.matching(xPost(`topicnumber${n}`)).length).toBe(1);
  });

  test('that exist already are used, even if another program made them meanwhile', async () => {
    const { x, live, track, drop, eventually } = await startXSource();
    const first = await live('firstly');
    const other = x.addRule(
      '("firstly" OR #firstly OR @firstly OR "secondly" OR #secondly OR @secondly) lang:en -is:retweet',
      'not ours',
    );
    const second = track('secondly');
    await eventually(() => x.rules.size === 1);
    expect([...x.rules.keys()]).toEqual([other.id]);
    drop(first);
    drop(second);
    await eventually(() => !x.connected);
    expect([...x.rules.keys()]).toEqual([other.id]);
  });

  test('are tried again when X does not answer, breaks off, fails or is busy', async () => {
    const { x, clock, states, live, eventually } = await startXSource();
    const reset = Math.ceil((clock.now() + 5 * MINUTE) / 1000);
    x.faults.rules.push('silent', 'drop', { status: 503 }, { status: 200, body: 'not json' });
    x.faults.rules.push({
      status: 429,
      body: { title: 'Too Many Requests' },
      headers: { 'x-rate-limit-reset': String(reset) },
    });
    await live('rust');
    const reasons = states.flatMap((state) => (state.name === 'waiting' ? [state.reason] : []));
    expect(reasons.some((it) => /does not answer/.test(it))).toBe(true);
    expect(reasons.some((it) => /503/.test(it))).toBe(true);
    expect(reasons.some((it) => /429/.test(it))).toBe(true);
    expect(clock.now()).toBeGreaterThanOrEqual(reset * 1000);
    await eventually(() => x.rules.size === 1);
  });

  test.each([
    ['an error that the client library chokes on', { status: 503, body: { errors: [null] } }],
    ['an error in HTML', { status: 502, body: '<html>Bad gateway</html>' }],
    ['a null', { status: 200, body: null }],
    ['nothing', { status: 200 }],
    ['text', { status: 200, body: 'ok', headers: { 'content-type': 'text/plain' } }],
    ['lists of nonsense', { status: 200, body: { data: [null, 7, { id: 3 }], meta: 5 } }],
  ])('survive it when X answers with %s', async (_, answer) => {
    const { x, live, track, eventually } = await startXSource();
    x.faults.rules.push(answer);
    await live('first');
    x.faults.rules.push(answer, answer);
    track('second');
    await eventually(() => x.matching(xPost('second')).length > 0 && x.rules.size === 1);
  });

  test('are listed again when the answer to a write is lost', async () => {
    const { x, live, track, eventually } = await startXSource();
    await live('first');
    const before = x.counts.writes;
    x.faults.rules.push('drop');
    track('second');
    await eventually(() => x.counts.writes > before + 1 && x.matching(xPost('second')).length > 0);
    expect(x.counts.reads).toBe(2);
    await eventually(() => x.rules.size === 1);
  });

  test('are listed page by page', async () => {
    const { x, live, drop, eventually } = await startXSource({
      maxRules: 3000,
      fake: { maxRules: 3000 },
    });
    for (let n = 0; n < 1500; n++) x.addRule(`old${n}`, 'senti:1');
    const track = await live('rust');
    await eventually(() => x.rules.size === 1);
    drop(track);
    await eventually(() => x.rules.size === 0);
  });

  test('are not written again and again when X says that it has a rule and does not list it', async () => {
    const { x, track, pass } = await startXSource();
    const errors = [{ title: 'DuplicateRule', id: '1' }];
    for (let n = 0; n < 500; n++) x.faults.rules.push('real', { status: 200, body: { errors } });
    track('rust');
    await pass(60 * MINUTE);
    // The schedule: 5 s, growing to 5 minutes and 20 s.
    expect(x.counts.writes).toBeLessThan(25);
  });

  test('are checked within the budget of writes, however many of them X rejects', async () => {
    const { x, track, rejected, wanted, pass } = await startXSource({
      ruleLength: 256,
      fake: { ruleLength: 256 },
    });
    x.faults.reject = () => 'No.';
    for (let n = 0; n < 600; n++) track(`topicnumber${n}`);
    await pass(15 * MINUTE);
    expect(x.counts.limited).toBe(0);
    expect(rejected.length).toBeGreaterThan(50);
    await pass(60 * MINUTE);
    expect([x.counts.limited, wanted.size]).toEqual([0, 0]);
  });

  test('are not checked when X rejects rules that it was not asked for', async () => {
    const { x, track, pass } = await startXSource();
    const errors = Array.from({ length: 1000 }, (_, n) => ({ title: 'Invalid', value: `x${n}` }));
    for (let n = 0; n < 50; n++) x.faults.rules.push('real', { status: 201, body: { errors } });
    track('rust');
    await pass(MINUTE);
    expect(x.counts.writes).toBeLessThan(10);
  });

  test('are not listed sooner after a failure because X tells a stream that there are none', async () => {
    const { x, live, track, pass, eventually, source } = await startXSource();
    await live('rust');
    x.rules.clear();
    x.drop();
    const body = { title: 'Too Many Requests' };
    for (let n = 0; n < 100; n++) x.faults.rules.push({ status: 403, body });
    track('tea');
    await eventually(() => source.state.name === 'waiting');
    const before = x.counts.reads + x.counts.writes;
    await pass(14 * MINUTE);
    expect(x.counts.reads + x.counts.writes - before).toBeLessThanOrEqual(1);
  });

  test('are not requested again with a wrong token, and the token appears nowhere', async () => {
    const token = 'another-secret';
    const started = await startXSource({ token });
    const { x, source, track, drop, states, warnings, rejected, eventually } = started;
    const it = track('rust');
    await eventually(() => source.state.name === 'paused');
    expect(source.state).toEqual({
      name: 'paused',
      reason: 'X answered 401 (Unauthorized: Unauthorized); check X_BEARER_TOKEN and start again',
    });
    expect(JSON.stringify([states, warnings, rejected, source])).not.toContain(token);
    expect(x.counts.reads).toBe(1);
    track('coffee');
    started.clock.advance(60 * MINUTE);
    expect(x.counts.reads).toBe(1);
    drop(it);
  });
});
