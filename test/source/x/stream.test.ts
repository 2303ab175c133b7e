import { describe, expect, test } from 'vitest';
import { LINGER_MS } from '../../../src/source/linger.ts';
import { REST_MS } from '../../../src/source/x/failure.ts';
import { SILENCE_MS } from '../../../src/source/x/stream-connection.ts';
import { spellLine } from '../../support/fake-x.ts';
import { ticks, until } from '../../support/until.ts';
import { startXSource, type XSource, xPost } from '../../support/x-source.ts';

const MINUTE = 60_000;
const quiet = { fake: { keepAliveMs: 0 } };

/** Sends a post and waits until it has arrived. */
async function deliver({ x, posts }: XSource, text = 'rust'): Promise<void> {
  const before = posts.length;
  expect(await x.push(xPost(text))).toBe(true);
  await until(() => posts.length === before + 1);
}

function waits({ states }: XSource): string[] {
  return states.flatMap((state) => (state.name === 'waiting' ? [state.reason] : []));
}

describe('the stream from X', () => {
  test('delivers posts as they arrive, and reports its states', async () => {
    const it = await startXSource();
    await it.live('rust');
    await deliver(it, 'I love rust');
    expect(it.posts[0]).toMatchObject({ source: 'x', text: 'I love rust', langs: ['en'] });
    expect(it.states.map(({ name }) => name)).toEqual(['connecting', 'live']);
  });

  test('reads a line that is cut at any byte, even within an emoji', async () => {
    const it = await startXSource();
    await it.live('rust');
    const text = 'rust 🦀 is 👩‍👩‍👧‍👦 naïve 東京';
    for (const pieceBytes of [1, 2, 3, 5, 7]) {
      it.x.faults.pieceBytes = pieceBytes;
      await deliver(it, text);
    }
    it.x.faults.pieceBytes = 0;
    const post = xPost(text);
    const bytes = Buffer.from(spellLine(post));
    for (let cut = 1; cut < bytes.length; cut++) {
      const line = Buffer.from(spellLine({ ...post, id: String(BigInt(post.id) + BigInt(cut)) }));
      await it.x.raw(line.subarray(0, cut));
      await it.x.raw(line.subarray(cut));
    }
    await until(() => it.posts.length === 5 + bytes.length - 1);
    expect(it.posts.every((post) => post.text === text)).toBe(true);
    expect(it.bad).toEqual([]);
  });

  test('reconnects after a little more than 20 seconds of silence, and no sooner', async () => {
    const it = await startXSource(quiet);
    await it.live('rust');
    await deliver(it);
    it.clock.advance(SILENCE_MS - 1);
    await ticks(5);
    expect(it.x.counts.connects).toBe(1);
    expect(SILENCE_MS).toBeGreaterThan(20_000);
    it.clock.advance(1);
    await it.eventually(() => it.x.counts.connects > 1 && it.source.state.name === 'live');
    await deliver(it);
  });

  test('stays open on keep-alives alone, however they are cut', async () => {
    const it = await startXSource(quiet);
    await it.live('rust');
    for (const keepAlive of ['\r\n', '\r', '\n', '\r\n\r\n', '\n']) {
      it.clock.advance(20_000);
      await it.x.raw(keepAlive);
      // A later post has arrived, so the keep-alive has too.
      await deliver(it);
    }
    expect(it.x.counts.connects).toBe(1);
    expect(it.bad).toEqual([]);
  });

  test('reconnects at once when the connection breaks', async () => {
    const it = await startXSource();
    await it.live('rust');
    const before = it.clock.monotonic();
    it.x.drop();
    await until(() => it.clock.next === 0);
    it.clock.advance(0);
    await until(() => it.x.counts.opened === 2);
    await until(() => it.source.state.name === 'live');
    expect(it.clock.monotonic()).toBe(before);
    await deliver(it);
    it.x.end();
    await it.eventually(() => it.x.counts.opened === 3);
  });

  test('tells of a gap after every break, before the next post', async () => {
    const it = await startXSource();
    await it.live('rust');
    await deliver(it);
    expect(it.gaps).toEqual([]);
    it.x.drop();
    it.x.faults.connects.push({ status: 503 });
    await it.eventually(() => it.x.counts.opened === 2 && it.source.state.name === 'live');
    await deliver(it);
    it.x.end();
    await it.eventually(() => it.x.counts.opened === 3 && it.source.state.name === 'live');
    await deliver(it);
    expect(it.gaps).toEqual([1, 2]);
  });

  test('tells the first listener of an idle source of no gap', async () => {
    const it = await startXSource();
    const track = await it.live('rust');
    it.drop(track);
    await it.eventually(() => it.source.state.name === 'idle');
    await it.live('rust');
    await deliver(it);
    expect(it.gaps).toEqual([]);
  });

  test('follows X’s schedule for each kind of failure', async () => {
    const it = await startXSource();
    const { connects } = it.x.faults;
    connects.push(
      'drop',
      'drop',
      'drop',
      { status: 503 },
      { status: 500 },
      { status: 429 },
      { status: 429 },
    );
    await it.live('rust');
    const waited = it.states.flatMap((state, at) => {
      if (state.name !== 'waiting') return [];
      const next = it.states[at + 1];
      return [{ reason: state.reason.replace(/ \(.*/, ''), next: next?.name }];
    });
    expect(waited.map(({ reason }) => reason)).toEqual([
      'X cannot be reached',
      'X cannot be reached',
      'X answered 503',
      'X answered 500',
      'X answered 429',
      'X answered 429',
    ]);
    // 0 + 250 + 500 ms, 5 + 10 s, 60 + 120 s, and the steps of the clock.
    expect(it.clock.monotonic()).toBeGreaterThanOrEqual(195_750);
    expect(it.clock.monotonic()).toBeLessThan(200_000);
  });

  test('waits as long as X says after too many requests', async () => {
    const it = await startXSource();
    const reset = Math.ceil((it.clock.now() + 11 * MINUTE) / 1000);
    it.x.faults.connects.push({ status: 429, headers: { 'x-rate-limit-reset': String(reset) } });
    await it.live('rust');
    expect(it.clock.now()).toBeGreaterThanOrEqual(reset * 1000);
    expect(it.clock.now()).toBeLessThan(reset * 1000 + 5000);
  });

  test.each([
    ['in milliseconds', (now: number) => String(now + 5 * MINUTE)],
    ['of 1e300', () => '1e300'],
    ['a year away', (now: number) => String(now / 1000 + 365 * 86_400)],
    ['in an hour', (now: number) => String(now / 1000 + 3600)],
    ['a second ago', (now: number) => String(now / 1000 - 1)],
    ['that is no number', () => 'soon'],
  ])('ignores a reset %s, and follows the schedule', async (_, reset) => {
    const it = await startXSource(quiet);
    const headers = () => ({ 'x-rate-limit-reset': reset(it.clock.now()) });
    const opened = { ...headers(), 'x-rate-limit-remaining': '0' };
    it.x.faults.connects.push({ status: 200, headers: opened });
    for (let n = 0; n < 2; n++) it.x.faults.connects.push({ status: 429, headers: headers() });
    it.track('rust');
    await it.eventually(() => it.x.connected);
    const waited = it.states.flatMap((state) => (state.name === 'waiting' ? [state] : []));
    expect(waited.map(({ until }) => new Date(until).toISOString())).toHaveLength(waited.length);
    expect(it.x.counts.connects).toBe(4);
    // 60 + 120 s, and the steps of the clock.
    expect(it.clock.monotonic()).toBeGreaterThanOrEqual(180_000);
    expect(it.clock.monotonic()).toBeLessThan(185_000);
  });

  test('waits exactly until the window ends when no requests are left in it', async () => {
    const it = await startXSource();
    const reset = Math.ceil((it.clock.now() + 11 * MINUTE) / 1000);
    const headers = {
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': String(reset),
    };
    it.x.faults.connects.push({ status: 200, headers });
    it.track('rust');
    await it.eventually(() => it.x.connected);
    expect(it.clock.now()).toBeGreaterThanOrEqual(reset * 1000);
    expect(it.clock.now()).toBeLessThan(reset * 1000 + 5000);
  });

  test('waits until X knows that the earlier connection is closed', async () => {
    const it = await startXSource();
    it.x.faults.stuck = true;
    it.track('rust');
    await it.eventually(() => waits(it).includes('X says that another connection is still open'));
    it.x.faults.stuck = false;
    await it.eventually(() => it.source.state.name === 'live');
    await deliver(it);
  });

  test('lists the rules again when X says that there are none', async () => {
    const it = await startXSource();
    await it.live('rust');
    it.x.rules.clear();
    it.x.drop();
    await it.eventually(
      () => it.source.state.name === 'live' && it.x.rules.size === 1 && it.x.connected,
    );
    expect(waits(it)).toContain('X says that there are no rules yet');
    await deliver(it);
  });

  test('drops a server that accepts and sends nothing', async () => {
    const it = await startXSource();
    it.x.faults.connects.push('silent');
    await it.live('rust');
    expect(it.x.counts.connects).toBe(2);
    expect(it.clock.monotonic()).toBeGreaterThanOrEqual(SILENCE_MS);
  });

  test.each([
    [
      'operational-disconnect',
      {
        title: 'operational-disconnect',
        disconnect_type: 'UpstreamOperationalDisconnect',
        detail: 'This stream has been disconnected upstream.',
      },
    ],
    [
      'ConnectionException',
      { title: 'ConnectionException', connection_issue: 'TooManyConnections', detail: 'Too many.' },
    ],
  ])('reconnects after %s in the stream, which is neither a post nor bad', async (_, error) => {
    const it = await startXSource();
    await it.live('rust');
    await it.x.raw(`${JSON.stringify({ errors: [error] })}\r\n`);
    await it.eventually(() => it.x.counts.opened === 2);
    await it.eventually(() => it.source.state.name === 'live');
    await deliver(it);
    expect(it.bad).toEqual([]);
  });

  test.each([
    { title: 'Not Found Error', detail: 'Could not find tweet with id: [7].' },
    { title: 'Authorization Error', detail: 'Sorry, you are not authorized to see it.' },
    { title: 'Something new' },
  ])('goes on after an error that is none of the stream: $title', async (error) => {
    const it = await startXSource();
    await it.live('rust');
    await it.x.raw(`${JSON.stringify({ errors: [error] })}\r\n`);
    await deliver(it);
    const post = xPost('rust again');
    await it.x.raw(`${JSON.stringify({ data: post, errors: [error] })}\r\n`);
    await until(() => it.posts.length === 2);
    expect(it.bad).toEqual([expect.stringMatching(/^line 1: an error without a post \(/)]);
    expect(it.x.counts.connects).toBe(1);
    expect(it.source.state).toEqual({ name: 'live' });
  });

  test('reads an error that is sent in place of the stream', async () => {
    const it = await startXSource();
    const body = { title: 'ConnectionException', connection_issue: 'TooManyConnections' };
    it.x.faults.connects.push({ status: 200, body });
    await it.live('rust');
    await it.eventually(() => it.x.counts.opened === 1);
    expect(waits(it)).toEqual([expect.stringContaining('ConnectionException')]);
  });

  test.each([402, 403])('waits with a clear reason when X answers %d', async (status) => {
    const it = await startXSource();
    it.x.faults.connects.push({
      status,
      body: { title: 'Client Forbidden', detail: 'No credits.' },
    });
    await it.live('rust');
    expect(waits(it)).toEqual([
      `X answered ${status} (Client Forbidden: No credits.); check the account in X's developer console`,
    ]);
  });

  test('rests when X rejects the token, and tries again for the first listener of an idle source', async () => {
    const it = await startXSource();
    it.x.faults.connects.push({ status: 401, body: { title: 'Unauthorized' } });
    const track = it.track('rust');
    await it.eventually(() => it.source.state.name === 'paused');
    it.track('coffee');
    await it.pass(30 * MINUTE);
    expect(it.x.counts.connects).toBe(1);
    it.drop(track);
    for (const other of [...it.wanted]) it.drop(other);
    await it.pass(LINGER_MS);
    await it.live('tea');
    expect(it.x.counts.connects).toBe(2);
  });

  test.each([
    { of: 'the stream', status: 401, within: REST_MS },
    { of: 'the rules', status: 401, within: REST_MS },
    { of: 'the stream', status: 429, within: 60_000 },
    { of: 'the stream', status: 403, within: 15 * MINUTE },
  ])(
    'is not requested sooner after $status for $of, however often a listener comes and goes',
    async ({ of, status, within }) => {
      const it = await startXSource();
      const { connects, rules } = it.x.faults;
      (of === 'the rules' ? rules : connects).push({ status });
      const asked = () => it.x.counts.connects + (of === 'the rules' ? it.x.counts.reads : 0);
      await it.eventually(() => {
        if (it.wanted.size === 0) it.track('rust');
        return asked() === 1;
      });
      const from = it.clock.now();
      let waits = 0;
      while (asked() === 1) {
        for (const track of it.wanted) it.drop(track);
        await it.eventually(() => it.source.state.name === 'idle');
        it.track('rust');
        await it.eventually(() => asked() > 1 || it.source.state.name !== 'connecting');
        waits += 1;
      }
      expect(it.clock.now() - from).toBeGreaterThanOrEqual(within);
      expect(waits).toBeGreaterThan(10);
      await it.eventually(() => it.source.state.name === 'live');
    },
  );

  test('never causes a 429, however often it reconnects', async () => {
    const it = await startXSource();
    await it.live('rust');
    const end = it.clock.now() + 60 * MINUTE;
    while (it.clock.now() < end) {
      it.x.drop();
      await it.pass(1000);
    }
    expect(it.x.counts.limited).toBe(0);
    expect(it.x.counts.connects).toBeGreaterThan(100);
    expect(it.x.counts.connects).toBeLessThanOrEqual(200);
    console.log(`an hour of breaking lines: ${it.x.counts.connects} connects`);
  });

  test('asks for the fields it reads, uncompressed', async () => {
    const it = await startXSource();
    await it.live('rust');
    expect(it.x.lastConnect?.headers['accept-encoding']).toBe('identity');
    expect(it.x.lastConnect?.url).toContain('note_tweet');
  });

  test('leaves nothing running when it is closed while it reconnects', async () => {
    const it = await startXSource();
    await it.live('rust');
    it.x.faults.connects.push('silent');
    it.x.drop();
    await it.eventually(() => it.x.counts.connects === 2);
    await it.source.close();
    const { connects } = it.x.counts;
    const said = it.states.length;
    it.clock.advance(60 * MINUTE);
    await ticks(20);
    expect(it.x.counts.connects).toBe(connects);
    expect(it.x.connected).toBe(false);
    expect(it.states).toHaveLength(said);
    expect(it.x.rules.size).toBe(0);
    it.source.want(it.wanted);
    await it.pass(MINUTE);
    expect(it.x.counts.connects).toBe(connects);
  });

  test('leaves its rules at X when another node takes over', async () => {
    const it = await startXSource();
    await it.live('rust');
    await it.source.close({ handOver: true });
    expect(it.x.rules.size).toBe(1);
  });

  test('stays open for a few seconds after the last listener leaves, for the next one', async () => {
    const it = await startXSource();
    const track = await it.live('rust');
    it.drop(track);
    await it.pass(LINGER_MS - 1000);
    it.track('rust');
    await it.pass(LINGER_MS);
    expect(it.source.state.name).toBe('live');
    await deliver(it);
    expect(it.x.counts.connects).toBe(1);
  });
});
