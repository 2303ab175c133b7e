import { setImmediate } from 'node:timers/promises';
import type { FormattedExecutionResult } from 'graphql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CatchUps } from '../../../src/api/graphql/catch-ups.ts';
import { formatCursor, type Position, parseCursor } from '../../../src/base/position.ts';
import { TimeSlices } from '../../../src/base/time-slices.ts';
import { UserError } from '../../../src/base/user-error.ts';
import { connectGraphQL } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { openStream } from '../../support/http-stream.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { runOver, STREAMS, type Stream } from '../../support/transports.ts';
import { until } from '../../support/until.ts';

type Result = FormattedExecutionResult<
  { sentiment: { cursor: string; post: { id: string } } },
  { gap?: boolean; recovered?: boolean; dropped?: number }
>;
type Variables = { track: string; after?: string | null; last?: number | null };

const QUERY = `subscription ($track: String!, $after: String, $last: Int) {
  sentiment(track: $track, after: $after, last: $last) { cursor post { id } }
}`;
/** Of a cursor that is known to be good. */
function positionOf(cursor: string): Position {
  const position = parseCursor(cursor);
  if (position instanceof UserError) throw position;
  return position;
}

const LINGERING = configOf('--linger', '60');

/** Begins to listen, and records what comes. */
function listen(senti: Senti, transport: Stream, variables: Variables) {
  const results: Result[] = [];
  let hasEnded = false;
  const events = runOver(senti, transport, QUERY, variables);
  onTestFinished(async () => void (await events.return?.()));
  void (async () => {
    for await (const result of events) results.push(result as Result);
    hasEnded = true;
  })();
  return {
    results,
    stop: () => void events.return?.(),
    get hasEnded() {
      return hasEnded;
    },
    ids: () => results.map(({ data }) => data?.sentiment.post.id),
    notices: () => results.map(({ extensions }) => extensions),
    cursor: () => results.at(-1)?.data?.sentiment.cursor ?? '',
    /** Resolves once it listens: the server has as many listeners as before, and one more. */
    async begins(count = 1) {
      await until(() => senti.source.wanted.length >= count, 'it listens');
      return this;
    },
    received: (count: number) => until(() => results.length >= count, `${count} results`),
  };
}

describe.each(STREAMS)('over %s', (transport) => {
  const lost = (listener: ReturnType<typeof listen>) => listener.stop();

  async function heardOne() {
    const senti = await startSenti(LINGERING);
    const first = await listen(senti, transport, { track: 'coffee' }).begins();
    senti.source.say('coffee');
    await first.received(1);
    return { senti, first };
  }

  test('a client that resumes gets what it missed, in order, each once, and then goes on', async () => {
    const { senti, first } = await heardOne();
    lost(first);
    for (let i = 0; i < 300; i += 1) senti.source.say(i % 2 ? 'coffee' : 'tea');
    const again = listen(senti, transport, { track: 'coffee', after: first.cursor() });
    await again.received(1);
    // While it catches up, more come.
    for (let i = 0; i < 100; i += 1) {
      senti.source.say('coffee');
      if (i % 10 === 0) await setImmediate();
    }
    await again.received(250);
    const missed = Array.from({ length: 150 }, (_, i) => String(2 + 2 * i));
    const live = Array.from({ length: 100 }, (_, i) => String(301 + i));
    expect(again.ids()).toEqual([...missed, ...live]);
    expect(again.notices()).toEqual([{ recovered: true }, ...Array(249).fill(undefined)]);
  });

  test('a client that missed nothing learns that with its first event', async () => {
    const { senti, first } = await heardOne();
    lost(first);
    const again = listen(senti, transport, { track: 'coffee', after: first.cursor() });
    await until(() => senti.source.wanted.length === 1, 'the topic lingered');
    const other = listen(senti, transport, { track: 'tea' });
    await other.begins(2);
    senti.source.say('coffee');
    senti.source.say('coffee');
    await again.received(2);
    expect(again.notices()).toEqual([{ recovered: true }, undefined]);
  });

  test('a client that comes to a node which is behind does not get again what it got elsewhere', async () => {
    const { senti, first } = await heardOne();
    const { epoch, number, time } = positionOf(first.cursor());
    // To open a topic takes a number, too.
    const after = formatCursor({ epoch, number: number + 3, time });
    const again = await listen(senti, transport, { track: 'tea', after }).begins(2);
    senti.source.say('coffee, tea');
    await first.received(2);
    senti.source.say('tea');
    senti.source.say('tea');
    await again.received(1);
    expect(again.ids()).toEqual(['3']);
    expect(again.notices()).toEqual([{ recovered: true }]);
  });

  test('a client that was away during an outage of the source is told of a gap', async () => {
    const { senti, first } = await heardOne();
    lost(first);
    senti.source.say('coffee');
    senti.source.sink.gap();
    senti.source.say('coffee');
    const again = listen(senti, transport, { track: 'coffee', after: first.cursor() });
    await again.received(2);
    expect(again.ids()).toEqual(['1', '2']);
    // Once for the resume as a whole, and once where the gap is.
    expect(again.notices()).toEqual([{ gap: true }, { gap: true }]);
  });

  test('a client that comes back to another process is told of a gap', async () => {
    const { first } = await heardOne();
    const senti = await startSenti(LINGERING);
    const again = await listen(senti, transport, {
      track: 'coffee',
      after: first.cursor(),
    }).begins();
    senti.source.say('coffee');
    await again.received(1);
    expect(again.notices()).toEqual([{ gap: true }]);
  });

  test('a client that comes back too late is told of a gap', async () => {
    const senti = await startSenti(configOf('--linger', '0'));
    const first = await listen(senti, transport, { track: 'coffee' }).begins();
    senti.source.say('coffee');
    await first.received(1);
    lost(first);
    await until(() => senti.source.wanted.at(-1)?.length === 0, 'coffee closed');
    const again = await listen(senti, transport, { track: 'coffee', after: first.cursor() }).begins(
      3,
    );
    senti.source.say('coffee');
    await again.received(1);
    expect(again.notices()).toEqual([{ gap: true }]);
  });

  test('a client can begin with the newest events', async () => {
    const { senti } = await heardOne();
    for (let i = 0; i < 5; i += 1) senti.source.say('coffee');
    const late = listen(senti, transport, { track: 'coffee', last: 3 });
    await late.received(3);
    senti.source.say('coffee');
    await late.received(4);
    expect(late.ids()).toEqual(['3', '4', '5', '6']);
    expect(late.notices()).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('a post that was deleted meanwhile is not sent', async () => {
    const { senti, first } = await heardOne();
    lost(first);
    senti.source.say('coffee');
    senti.source.say('coffee');
    senti.source.sink.deleted('1');
    // On its way from another node, a deletion may overtake the event.
    senti.source.sink.deleted('3');
    senti.source.say('coffee');
    senti.source.say('coffee');
    const again = listen(senti, transport, { track: 'coffee', after: first.cursor() });
    await again.received(2);
    expect(again.ids()).toEqual(['2', '4']);
    expect(again.notices()).toEqual([{ recovered: true }, undefined]);
  });

  test('null stands for an argument that is left out', async () => {
    const senti = await startSenti();
    const heard = await listen(senti, transport, {
      track: 'coffee',
      after: null,
      last: null,
    }).begins();
    senti.source.say('coffee');
    await heard.received(1);
    expect(heard.notices()).toEqual([undefined]);
  });

  test.each([
    [
      { after: 'yesterday' },
      'BAD_CURSOR',
      'This is not a cursor; send the `cursor` of the last event',
    ],
    [
      { after: formatCursor({ epoch: 1, number: 1, time: 1 }), last: 1 },
      'BAD_USER_INPUT',
      'leave out',
    ],
    [{ last: 101 }, 'BAD_USER_INPUT', '"last" is 101. It must be a number from 0 to 100.'],
    [{ last: -1 }, 'BAD_USER_INPUT', '"last" is -1.'],
  ])('%j is rejected with %s, and other operations go on', async (start, code, message) => {
    const { senti, first } = await heardOne();
    const wrong = listen(senti, transport, { track: 'coffee', ...start });
    await until(() => wrong.hasEnded, 'it ended');
    expect(wrong.results).toMatchObject([{ errors: [{ extensions: { code } }] }]);
    expect(wrong.results[0]?.errors?.[0]?.message).toContain(message);
    senti.source.say('coffee');
    await first.received(2);
  });
});

test('an event that was missed still says when the server got its post', async () => {
  const clock = new FakeClock();
  const senti = await startSenti(LINGERING, clock);
  const query = 'subscription { sentiment(track: "coffee", last: 2) { receivedAt } }';
  const first = connectGraphQL(senti.socketUrl).iterate({ query });
  const received = first.next();
  await until(() => senti.source.wanted.length === 1);
  const times = [];
  for (let i = 0; i < 2; i += 1) {
    times.push(new Date(clock.now()).toISOString());
    senti.source.say('coffee');
    clock.advance(1000);
  }
  await received;
  const late = connectGraphQL(senti.socketUrl).iterate({ query });
  const events = [(await late.next()).value, (await late.next()).value];
  expect(events.map((event) => event?.data)).toEqual(
    times.map((receivedAt) => ({ sentiment: { receivedAt } })),
  );
});

describe('a slow client that resumes', () => {
  test('is sent what it missed at its own pace, and nothing is dropped', async () => {
    const senti = await startSenti(configOf('--linger', '60', '--recent-events', '5000'));
    const first = await listen(senti, 'SSE', { track: 'coffee' }).begins();
    senti.source.say('coffee');
    await first.received(1);
    first.stop();
    const filler = 'x'.repeat(2900);
    for (let i = 0; i < 4000; i += 1) senti.source.say(`coffee ${filler}`);
    const query = `subscription { sentiment(track: "coffee", after: "${first.cursor()}") { post { id text } } }`;
    const slow = await openStream(senti.url, query);
    // The server can write some of the 12 MB, and then has to wait for the client.
    for (let i = 0; i < 2000; i += 1) await setImmediate();
    const ids: string[] = [];
    let text = '';
    for await (const chunk of slow) {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: {')) continue;
        const { data, extensions } = JSON.parse(line.slice(6)) as Result;
        ids.push(data?.sentiment.post.id ?? '');
        expect(extensions?.dropped).toBeUndefined();
        expect(extensions?.gap).toBeUndefined();
      }
      if (ids.length === 4000) break;
    }
    expect(ids).toEqual(Array.from({ length: 4000 }, (_, i) => String(i + 1)));
  });
});

describe('a browser that reconnects by itself', () => {
  async function stream(senti: Senti, query: string, lastId?: string) {
    const address = `${senti.url}/graphql?query=${encodeURIComponent(query)}`;
    const headers = { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }) };
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const response = await fetch(address, { headers, signal: abort.signal });
    let text = '';
    void (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => {});
    return { text: () => text, leave: () => abort.abort() };
  }

  const COFFEE = 'subscription { sentiment(track: "coffee") { post { id } } }';

  test('sends the id of the last event that it got, and the server goes on from there', async () => {
    const senti = await startSenti(LINGERING);
    const first = await stream(senti, COFFEE);
    await until(() => senti.source.wanted.length === 1);
    senti.source.say('coffee');
    await until(() => first.text().includes('"id":"0"'));
    const [, id = ''] = /^id: (\S+)$/m.exec(first.text()) ?? [];
    first.leave();
    senti.source.say('coffee');
    // The address still says where the page began, which the newer id overrules.
    const again = await stream(senti, COFFEE.replace('"coffee"', '"coffee", last: 100'), id);
    await until(() => again.text().includes('"id":"1"'));
    expect(again.text()).not.toContain('"id":"0"');
    expect(again.text()).toContain('{"recovered":true}');
  });

  test('learns that an id is not a cursor', async () => {
    const senti = await startSenti(LINGERING);
    const { text } = await stream(senti, COFFEE, 'nonsense');
    await until(() => text().includes('BAD_CURSOR'));
  });
});

test('a crowd that catches up leaves room for others in every tick', async () => {
  const clock = new FakeClock();
  const catchUps = new CatchUps(new TimeSlices(clock));
  const order: number[] = [];
  for (let i = 0; i < 100; i += 1) {
    catchUps.add(() => {
      order.push(i);
      clock.spend(0.25);
    });
  }
  let most = 0;
  while (order.length < 100) {
    const before = order.length;
    await setImmediate();
    most = Math.max(most, order.length - before);
  }
  expect(most).toBe(4);
  expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i));
});
