import { describe, expect, test } from 'vitest';
import { LINGER_MS } from '../../../src/source/linger.ts';
import {
  LONGEST_WITHOUT_FRAME_MS,
  MAX_FRAME_BYTES,
} from '../../../src/source/mastodon/instance.ts';
import { CONNECT_WITHIN_MS, LONGEST_SILENCE_MS } from '../../../src/source/socket-connection.ts';
import { passTime } from '../../support/fake-clock.ts';
import { NOBODY, SOMEBODY, setUpMastodon, TOKENS } from '../../support/mastodon-source.ts';
import { statusOf, uriOf } from '../../support/statuses.ts';
import { until } from '../../support/until.ts';

const MINUTE = 60_000;

describe('the Mastodon source', () => {
  test('reads the public stream, with the token in a header', async () => {
    const { mastodon, live, sink } = await setUpMastodon();
    await live();
    expect(sink.states.map(({ name }) => name)).toEqual(['connecting', 'live']);
    expect(mastodon.accepted).toEqual([
      { url: '/api/v1/streaming?stream=public', authorization: `Bearer ${TOKENS[0]}` },
    ]);
  });

  test('reads another public stream if the address names one', async () => {
    const { mastodon, live } = await setUpMastodon({ path: '?stream=public:local' });
    await live();
    expect(mastodon.accepted[0]?.url).toBe('/api/v1/streaming?stream=public:local');
  });

  test('delivers new posts in order, an edited one once, and says which are deleted', async () => {
    const { mastodon, live, emit, texts, received, sink } = await setUpMastodon();
    await live();
    const first = [emit(), emit()];
    mastodon.edit(statusOf(0, { text: 'edited' }));
    mastodon.emit(statusOf(50, { text: 'reblogged', reblog: statusOf(0) }));
    mastodon.emit(statusOf(51, { text: 'for a few', visibility: 'private' }));
    mastodon.delete(statusOf(1).id);
    mastodon.delete('404');
    mastodon.repeat(6);
    mastodon.inject(JSON.stringify({ stream: ['public'], event: 'filters_changed' }));
    const more = [emit()];
    await received(3);
    expect(texts()).toEqual([...first, ...more]);
    expect(sink.deletions).toEqual([uriOf(1), uriOf(1)]);
    expect(sink.repeats).toBe(1);
    expect(sink.reasons).toEqual([]);
  });

  test('counts and skips what it cannot read', async () => {
    const { mastodon, live, emit, received, sink } = await setUpMastodon();
    await live();
    for (const data of ['{', 'null', '{"event":"update","payload":"{}"}', new Uint8Array([1])]) {
      mastodon.inject(data);
    }
    emit();
    await received(1);
    expect(sink.reasons).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+: the frame is not JSON: "\{"$/),
      expect.stringContaining('not a JSON object'),
      expect.stringContaining('"id" is no id: missing'),
      expect.stringContaining('a binary frame'),
    ]);
  });

  test('keeps its connection while tracks come and go, and ends it after the last one', async () => {
    const { mastodon, source, live, emit, received, sink, clock } = await setUpMastodon();
    await live();
    source.want(NOBODY);
    source.want(new Set([...SOMEBODY, ...SOMEBODY]));
    emit();
    await received(1);
    expect(mastodon.handshakes).toBe(1);
    source.want(NOBODY);
    clock.advance(LINGER_MS);
    expect(source.state).toEqual({ name: 'idle' });
    expect(clock.pending).toBe(0);
    await mastodon.untilDeserted();
    await live();
    expect(sink.gaps).toEqual([]);
  });
});

describe('several instances', () => {
  test('deliver a post once, whichever tells of it first', async () => {
    const { mastodon, other, live, emit, texts, sink } = await setUpMastodon({ instances: 2 });
    await live();
    const posts = [emit(mastodon, other), emit(other, mastodon), emit(other)];
    await sink.until(() => sink.posts.length === 3 && sink.repeats === 2);
    expect(texts().toSorted()).toEqual(posts);
  });

  test('delete what they brought first and what is theirs, and nothing else', async () => {
    const { mastodon, other, live, sink } = await setUpMastodon({ instances: 2 });
    await live();
    const theirs = `${other.url}/users/a/statuses/1`;
    for (const [n, uri] of [uriOf(0), theirs].entries()) {
      mastodon.emit(statusOf(n, { uri }));
      await sink.until(() => sink.posts.length === n + 1);
      other.emit(statusOf(n, { uri }, 2e6));
      await sink.until(() => sink.repeats === n + 1);
    }
    for (const n of [0, 1]) other.delete(statusOf(n, {}, 2e6).id);
    await sink.until(() => sink.deletions.length === 1);
    expect(sink.deletions).toEqual([theirs]);
    mastodon.delete(statusOf(0).id);
    await sink.until(() => sink.deletions.length === 2);
    expect(sink.deletions[1]).toBe(uriOf(0));
  });

  test('get their own token each', async () => {
    const { mastodon, other, live } = await setUpMastodon({ instances: 2 });
    await live();
    const tokens = [mastodon, other].map(({ accepted }) => accepted[0]?.authorization);
    expect(tokens).toEqual(TOKENS.map((token) => `Bearer ${token}`));
  });

  test('do not wait for one that fails, and the log says so once', async () => {
    const { mastodon, other, source, live, emit, texts, received, sink, clock, warnings } =
      await setUpMastodon({ instances: 2 });
    await live();
    other.reject(503);
    other.terminate();
    await until(() => warnings.length === 1);
    const posts = [emit(mastodon), emit(mastodon)];
    await received(2);
    expect(texts()).toEqual(posts);
    expect(source.state).toEqual({ name: 'live' });
    await passTime(clock, other.untilHandshake(4));
    await until(() => warnings.length === 2);
    expect(warnings).toEqual([
      expect.stringMatching(/broke off the connection; other instances go on$/),
      expect.stringMatching(/answered with the status 503; other instances go on$/),
    ]);
    expect(sink.gaps).toEqual([]);
    other.reject(undefined);
    await passTime(
      clock,
      sink.until(() => sink.gaps.length === 1),
    );
    expect(sink.states.map(({ name }) => name)).toEqual(['connecting', 'live']);
  });

  test('that are out at first have missed posts once they are live', async () => {
    const { mastodon, other, source, is, emit, received, sink, clock } = await setUpMastodon({
      instances: 2,
    });
    other.reject(503);
    source.want(SOMEBODY);
    await is('live');
    await other.untilHandshake(1);
    await sink.until(() => mastodon.open === 1);
    emit(mastodon);
    await received(1);
    expect(sink.gaps).toEqual([]);
    other.reject(undefined);
    await passTime(
      clock,
      sink.until(() => sink.gaps.length === 1),
    );
    expect(sink.gaps).toEqual([1]);
  });

  test('that never worked are in the log as well', async () => {
    const { mastodon, other, source, is, warnings } = await setUpMastodon({
      instances: 2,
      tokens: [TOKENS[0], 'a-wrong-token'],
    });
    mastodon.hold();
    source.want(SOMEBODY);
    await mastodon.untilHandshake(1);
    await other.untilHandshake(1);
    mastodon.release();
    await is('live');
    await until(() => warnings.length === 1);
    expect(warnings).toEqual([
      expect.stringMatching(/check MASTODON_TOKEN; other instances go on$/),
    ]);
  });

  test('that all fail are tried again each on its own schedule', async () => {
    const { mastodon, other, source, is, retry } = await setUpMastodon({
      instances: 2,
      tokens: ['none-of-these', TOKENS[1]],
    });
    other.reject(503);
    source.want(SOMEBODY);
    await until(() => source.state.name === 'waiting' && source.state.reason.includes(';'));
    const { until: soon } = await retry();
    expect(source.state).toEqual({ name: 'connecting' });
    await is('waiting');
    expect(source.state).toMatchObject({ reason: expect.stringMatching(/503; .*MASTODON_TOKEN$/) });
    expect(soon).toBeLessThan(MINUTE + (source.state as { until: number }).until);
    expect([mastodon.handshakes, other.handshakes]).toEqual([1, 2]);
  });
});

describe('an instance that breaks off', () => {
  test.each([
    ['terminates', 'broke off the connection', 'terminate'],
    ['closes', 'closed the connection (1001 "bye")', 'hangUp'],
  ] as const)('and %s is connected again, with a gap', async (_, reason, fault) => {
    const { mastodon, live, emit, texts, received, retry, is, sink, clock } = await setUpMastodon();
    await live();
    const before = emit();
    await received(1);
    if (fault === 'hangUp') mastodon.hangUp(1001, 'bye');
    else mastodon.terminate();
    const state = await retry();
    expect(state.reason).toContain(reason);
    expect(state.until).toBe(clock.now());
    await is('live');
    const after = emit();
    await received(2);
    expect(texts()).toEqual([before, after]);
    expect(sink.gaps).toEqual([1]);
  });

  test('by a frame that is too large counts as bad', async () => {
    const { mastodon, live, retry, is, sink } = await setUpMastodon();
    await live();
    mastodon.inject('x'.repeat(MAX_FRAME_BYTES + 1));
    expect((await retry()).reason).toContain('Max payload size exceeded');
    await is('live');
    expect(sink.reasons).toHaveLength(1);
    expect(sink.gaps).toEqual([0]);
  });

  test('again and again is left alone longer each time', async () => {
    const { mastodon, source, clock, is } = await setUpMastodon();
    mastodon.reject(500);
    source.want(SOMEBODY);
    for (const [i, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      await is('waiting');
      expect(source.state).toMatchObject({ until: clock.now() + 1000 * seconds });
      clock.advance(1000 * seconds - 1);
      expect(mastodon.handshakes).toBe(i + 1);
      clock.advance(1);
      await mastodon.untilHandshake(i + 2);
    }
  });

  test('is not tried sooner for a listener that comes and goes', async () => {
    const { mastodon, source, clock } = await setUpMastodon();
    mastodon.hold();
    for (const [i, seconds] of [1, 2, 4, 8].entries()) {
      source.want(SOMEBODY);
      await mastodon.untilHandshake(i + 1);
      source.want(NOBODY);
      clock.advance(LINGER_MS);
      source.want(SOMEBODY);
      const reason = expect.stringContaining('had brought nothing');
      expect(source.state).toEqual({
        name: 'waiting',
        until: clock.now() + 1000 * seconds,
        reason,
      });
      source.want(NOBODY);
      clock.advance(1000 * seconds);
    }
  });
});

describe('an instance that does not let Senti read', () => {
  const COLD = 15 * MINUTE;

  test.each([
    [401, {}, COLD, /^\S+ does not accept its token \(status 401\); check MASTODON_TOKEN$/],
    [403, {}, COLD, /does not let this account read \(status 403\)$/],
    [404, {}, COLD, /does not stream at this address \(status 404\); check --mastodon-url$/],
    [429, {}, 5 * MINUTE, /got too many requests \(status 429\)$/],
    [429, { 'Retry-After': '90' }, 90_000, /got too many requests/],
    [429, { 'Retry-After': 'Fri, 20 Nov 2026 10:03:00 GMT' }, 3 * MINUTE, /too many requests/],
    [429, { 'Retry-After': '-5' }, 5 * MINUTE, /too many requests/],
    [
      ...[429, { 'Retry-After': '0', 'X-RateLimit-Reset': '2026-11-20T10:02:00.000Z' }],
      ...[2 * MINUTE, /too many requests/],
    ],
    [429, { 'X-RateLimit-Reset': '2026-11-20T10:02:00.000Z' }, 2 * MINUTE, /too many requests/],
    [429, { 'Retry-After': '999999' }, COLD, /too many requests/],
    [
      ...[302, { Location: 'https://streaming.example/api/v1/streaming' }, COLD],
      /streams at another address: give "https:\/\/streaming\.example\/api\/v1\/streaming" to --mastodon-url/,
    ],
  ] as [number, Record<string, string>, number, RegExp][])(
    'by a status %i with %j waits %i ms and says why',
    async (status, headers, wait, reason) => {
      const { mastodon, source, clock, is } = await setUpMastodon();
      mastodon.reject(status, headers);
      source.want(SOMEBODY);
      await is('waiting');
      expect(source.state).toMatchObject({ until: clock.now() + wait });
      expect(source.state).toMatchObject({ reason: expect.stringMatching(reason) });
      clock.advance(wait - 1);
      source.want(NOBODY);
      source.want(SOMEBODY);
      expect(mastodon.handshakes).toBe(1);
      clock.advance(1);
      await mastodon.untilHandshake(2);
    },
  );

  test('says what the instance says of a token, or that it wants one', async () => {
    const reasonOf = async (tokens: string[]) => {
      const { source, is } = await setUpMastodon({ tokens });
      source.want(SOMEBODY);
      await is('waiting');
      return source.state;
    };
    expect(await reasonOf(['a-wrong-token'])).toMatchObject({
      reason: expect.stringMatching(/its token \("Invalid access token", status 401\); check/),
    });
    expect(await reasonOf([''])).toMatchObject({
      reason: expect.stringMatching(/wants a token \("Missing access token", status 401\); set/),
    });
  });

  test('only after it took the connection is left alone as well', async () => {
    const { mastodon, source, clock, is } = await setUpMastodon();
    mastodon.rejectStreams(401, 'Not authorized to stream this list');
    source.want(SOMEBODY);
    await is('waiting');
    expect(source.state).toMatchObject({
      until: clock.now() + COLD,
      reason: expect.stringContaining('("Not authorized to stream this list", status 401)'),
    });
    await mastodon.untilDeserted();
  });

  test('for a reason of its own is tried again on the usual schedule', async () => {
    const { mastodon, source, clock, is } = await setUpMastodon();
    mastodon.rejectStreams(500, 'An unexpected error occurred');
    source.want(SOMEBODY);
    await is('waiting');
    expect(source.state).toMatchObject({
      until: clock.now() + 1000,
      reason: expect.stringMatching(/reports an error: "An unexpected error occurred"$/),
    });
  });
});

describe('an instance that says nothing', () => {
  test('counts as alive while it answers pings, but not for ever', async () => {
    const { mastodon, source, live, clock, is } = await setUpMastodon();
    await live();
    await passTime(clock, mastodon.untilPinged(20));
    expect(source.state).toEqual({ name: 'live' });
    await passTime(clock, is('waiting'), 2000);
    expect(source.state).toMatchObject({
      reason: expect.stringMatching(/has sent nothing readable but pings for 900 s$/),
    });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(LONGEST_WITHOUT_FRAME_MS);
  });

  test('that can be read is left like one that says nothing at all', async () => {
    const { mastodon, source, live, clock, is, sink } = await setUpMastodon();
    await live();
    const nonsense = {
      advance(ms: number) {
        clock.advance(ms);
        mastodon.inject('{"event":');
      },
    };
    await passTime(nonsense, is('waiting'), 2000);
    expect(source.state).toMatchObject({ reason: expect.stringMatching(/for 900 s$/) });
    expect(sink.reasons.length).toBeGreaterThan(0);
  });

  test('and answers no ping is dead', async () => {
    const { mastodon, source, live, clock } = await setUpMastodon();
    await live();
    mastodon.stall();
    for (let ms = 0; ms < LONGEST_SILENCE_MS; ms += 1000) clock.advance(1000);
    expect(source.state).toMatchObject({ reason: expect.stringMatching(/been silent for 20 s$/) });
  });

  test('to a handshake is given up', async () => {
    const { mastodon, source, clock } = await setUpMastodon();
    mastodon.hold();
    source.want(SOMEBODY);
    await mastodon.untilHandshake(1);
    clock.advance(CONNECT_WITHIN_MS);
    expect(source.state).toMatchObject({
      reason: expect.stringMatching(/not answer within 10 s$/),
    });
  });
});
