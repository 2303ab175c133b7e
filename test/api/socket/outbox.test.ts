import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SentimentDocument } from '../../../schema/operations.ts';
import {
  BURST_EVENTS,
  BURST_WITHIN,
  WAITING_BYTES,
  WAITING_EVENTS,
} from '../../../src/api/socket/backlog-limits.ts';
import { STALLED_FOR } from '../../../src/api/socket/outbox.ts';
import { connectGraphQL, connectTrack, run } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { connectRaw, openStalled } from '../../support/raw-socket.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

const FILLER = '#filler'.padEnd(3000, 'x');
/** More than the kernel's buffers hold for one connection, which is 10 MB, at 3 kB an event. */
const FLOOD = 6000;

describe('the outbox', () => {
  test('sends all events of a tick in one piece', async () => {
    const senti = await startSenti();
    const { socket, send } = await connectRaw(senti, '/track');
    send('{"track": "coffee"}');
    await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    for (let i = 0; i < 20; i++) senti.source.say('coffee');
    await until(() => chunks.length > 0, 'something came');
    expect(String(chunks[0]).split('polarityIndex').length - 1).toBe(20);
  });

  test.each(['/graphql', '/track'] as const)(
    'drops the oldest of %s for a peer that falls behind, counts them, and tells the next',
    async (path) => {
      const senti = await startSenti();
      const { socket } = await openStalled(senti, path);
      for (let i = 0; i < FLOOD; i++) {
        senti.source.say(`coffee ${FILLER}`, { id: `#${i}#` });
        if (i % 50 === 0) await setImmediate();
      }
      // The newest event is never dropped.
      senti.source.say('coffee #last');
      const dropped = await droppedSoFar(senti);
      expect(dropped).toBeGreaterThan(0);

      const chunks: Buffer[] = [];
      let newest = '';
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        newest = newest.slice(-2 * FILLER.length) + chunk;
      });
      socket.resume();
      await until(() => /"last"[^}]*}/.test(newest), 'all the rest came');
      const text = String(Buffer.concat(chunks));
      expect(text.split('"hashtags"').length - 1).toBe(FLOOD + 1 - dropped);
      if (path === '/graphql') {
        // In order, each once, and with the number that is missing.
        const ids = [...text.matchAll(/"id":"#(\d+)#"/g)].map(([, id]) => Number(id));
        expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
        const told = [...text.matchAll(/"extensions":\{"dropped":(\d+)\}/g)];
        expect(told.reduce((sum, [, n]) => sum + Number(n), 0)).toBe(dropped);
      } else {
        expect(text).not.toContain('dropped');
      }
    },
  );

  test('holds few events for a peer that falls behind when they are large', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const { socket } = await openStalled(senti, '/graphql');
    const large = `#large${'x'.repeat(20_000)}`;
    await sayUntilDropped(senti, clock, `coffee ${large}`);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.resume();
    await until(() => text.includes('"extensions":{"dropped":'), 'it is told');
    senti.source.say('coffee #last');
    await until(() => text.includes('"tag":"last"'), 'all that was held came');
    const held = text.slice(text.indexOf('"extensions"')).split('"large').length - 1;
    expect(held).toBeLessThan(WAITING_BYTES / large.length);
    expect(held).toBeGreaterThan(0);
  });

  test('holds so many events for a peer that falls behind, and its answers besides', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(configOf('--max-messages-per-second', 'none'), clock);
    const { socket, send } = await openStalled(senti, '/graphql');
    // Large ones fill what the kernel holds, and the first that is dropped tells that it is full.
    await sayUntilDropped(senti, clock, `coffee ${FILLER}`);
    for (let i = 0; i < 300; i++) send('{"type":"ping"}');
    for (let i = 0; i < WAITING_EVENTS; i++) senti.source.say('coffee', { id: `#${i}#` });
    await until(() => senti.source.wanted.length === 1, 'it is still there');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.resume();
    await until(() => text.includes(`"#${WAITING_EVENTS - 1}#"`), 'the newest came');
    const ids = [...text.matchAll(/"id":"#(\d+)#"/g)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: WAITING_EVENTS }, (_, i) => i));
    // No older one was held besides.
    expect(text.slice(text.indexOf('"extensions"'))).not.toContain('"filler');
  });

  test.each(['/graphql', '/track'] as const)(
    'tells a peer of %s that is behind why it closes its socket, and counts the events that are left',
    async (path) => {
      const clock = new FakeClock();
      const senti = await startSenti(undefined, clock);
      const { socket, send, closed } = await openStalled(senti, path);
      const said = await sayUntilDropped(senti, clock, `coffee ${FILLER}`);
      send('{"type":"next"}');
      // By the time that a second one is answered, it is read.
      for (let i = 0; i < 2; i++) await droppedSoFar(senti);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.resume();
      await closed;
      expect(text).toContain(path === '/track' ? 'No string "track"' : 'Invalid message received');
      expect(text.split('"hashtags"').length - 1).toBe(said - (await droppedSoFar(senti)));
    },
  );

  test('counts what a peer was too slow to take by the time that it is cut', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    await openStalled(senti, '/track');
    await sayUntilDropped(senti, clock, `coffee ${FILLER}`);
    const before = await droppedSoFar(senti);
    clock.advance(STALLED_FOR);
    await until(() => senti.source.state.name === 'idle', 'it is cut');
    const held = (await droppedSoFar(senti)) - before;
    expect(held).toBeGreaterThan(WAITING_BYTES / FILLER.length / 2);
    expect(held).toBeLessThanOrEqual(WAITING_EVENTS);
  });

  test('holds no more than a burst for a peer that reads nothing, and less after a while', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    await openStalled(senti, '/track');
    for (let i = 0; i < 2 * BURST_EVENTS; i++) senti.source.say('coffee');
    const dropped = await droppedSoFar(senti);
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThanOrEqual(BURST_EVENTS);
    clock.advance(BURST_WITHIN);
    senti.source.say('coffee');
    expect(await droppedSoFar(senti)).toBe(dropped + BURST_EVENTS + 1 - WAITING_EVENTS);
  });

  test('leaves everybody else alone while one peer takes nothing', async () => {
    const senti = await startSenti();
    await openStalled(senti, '/graphql');
    const others = await Promise.all([
      connectTrack(senti.socketUrl),
      connectTrack(senti.socketUrl),
    ]);
    for (const other of others) other.send({ track: 'coffee, tea' });
    await until(() => senti.source.wanted.length === 2, 'all are there');
    const client = run(connectGraphQL(senti.socketUrl), SentimentDocument, { track: 'tea' });
    const first = client.next();
    await until(() => senti.source.wanted.length === 3, 'the client is there');
    for (let i = 0; i < FLOOD; i++) {
      senti.source.say(`coffee ${FILLER}`);
      if (i % 50 === 0) await Promise.all(others.map((other) => other.received(i)));
    }
    senti.source.say('tea');
    await Promise.all(others.map((other) => other.received(FLOOD + 1)));
    expect((await first).value?.data?.sentiment.post.id).toBe(String(FLOOD));
  });

  test('cuts a peer that asks for more answers than it takes', async () => {
    const senti = await startSenti(configOf('--max-messages-per-second', 'none'));
    const { socket, send } = await openStalled(senti, '/graphql');
    const closed = until(() => senti.source.state.name === 'idle', 'the topic is closed');
    let over = false;
    void closed.then(() => {
      over = true;
    });
    const ping = JSON.stringify({ type: 'ping', payload: { filler: FILLER } });
    while (!over) {
      for (let i = 0; i < 20; i++) send(ping);
      await setImmediate();
    }
    await closed;
    expect(senti.warnings.join()).toContain('asks for more than it takes');
    socket.destroy();
  });
});

/** Says `text` until somebody is too slow for it; returns how often. */
async function sayUntilDropped(senti: Senti, clock: FakeClock, text: string): Promise<number> {
  let said = 0;
  while ((await droppedSoFar(senti)) === 0) {
    for (let i = 0; i < 50; i++) senti.source.say(text);
    said += 50;
    clock.advance(BURST_WITHIN / 4);
  }
  return said;
}

async function droppedSoFar(senti: Senti): Promise<number> {
  const response = await fetch(`${senti.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ status { eventsDropped } }"}',
  });
  const { data } = (await response.json()) as { data: { status: { eventsDropped: number } } };
  return data.status.eventsDropped;
}
