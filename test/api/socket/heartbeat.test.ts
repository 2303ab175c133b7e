import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { PING_EVERY, PONG_WITHIN } from '../../../src/api/socket/heartbeat.ts';
import { connectTrack } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

describe('a socket', () => {
  test('whose peer answers its pings lives on', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const { socket, send } = await connectTrack(senti.socketUrl);
    for (let i = 1; i <= 5; i++) {
      const pinged = once(socket, 'ping');
      clock.advance(PING_EVERY);
      await pinged;
      // What is sent after the answer arrives after it.
      send({ track: `word${i}` });
      await until(() => String(senti.source.wanted.at(-1)) === `word${i}`, 'the answer');
    }
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test('is not pinged in one tick with all sockets that came with it', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    let pinged = 0;
    for (let i = 0; i < 40; i++) {
      const { socket } = await connectTrack(senti.socketUrl);
      socket.on('ping', () => {
        pinged += 1;
      });
    }
    clock.advance(PING_EVERY - 1);
    const counts = [];
    for (let passed = 0; passed < PING_EVERY; passed += PING_EVERY / 4) {
      clock.advance(PING_EVERY / 4);
      const due = (40 * (passed + PING_EVERY / 4)) / PING_EVERY;
      await until(() => pinged >= due, 'they are pinged');
      counts.push(pinged);
    }
    expect(counts).toEqual([10, 20, 30, 40]);
  });

  test('is answered each of its own pings, once', async () => {
    const senti = await startSenti();
    const { socket, send } = await connectTrack(senti.socketUrl);
    const pongs: string[] = [];
    socket.on('pong', (data) => pongs.push(String(data)));
    for (const name of ['one', 'two']) socket.ping(name);
    send({ track: 'coffee' });
    await until(() => senti.source.wanted.length === 1, 'they came');
    const event = once(socket, 'message');
    senti.source.say('coffee');
    await event;
    expect(pongs).toEqual(['one', 'two']);
  });

  test('whose peer does not answer is ended, and its topic with it', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const { socket, send, closed } = await connectTrack(senti.socketUrl, { autoPong: false });
    send({ track: 'coffee' });
    await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
    clock.advance(PING_EVERY);
    await once(socket, 'ping');
    // Pongs that answer nothing don't count.
    for (let i = 0; i < 10; i++) socket.pong('unasked');
    // What is sent after them arrives after them.
    send({ track: 'tea' });
    await until(() => String(senti.source.wanted.at(-1)) === 'tea', 'they came');
    clock.advance(PONG_WITHIN);
    await closed;
    expect(senti.source.state).toEqual({ name: 'idle' });
    expect(clock.pending).toBe(0);
  });

  test.each(['1', '0.5', '', ' 1', '0x1'])(
    'whose peer has not read a ping does not live on by the guess "%s"',
    async (guess) => {
      const clock = new FakeClock();
      const senti = await startSenti(undefined, clock);
      const { socket, send, closed } = await connectTrack(senti.socketUrl, { autoPong: false });
      const pinged = once(socket, 'ping');
      clock.advance(PING_EVERY);
      await pinged;
      socket.pong(guess);
      // What is sent after the guess arrives after it.
      send({ track: 'tea' });
      await until(() => senti.source.wanted.length === 1, 'the guess came');
      clock.advance(PONG_WITHIN);
      await closed;
      expect(senti.source.state).toEqual({ name: 'idle' });
    },
  );

  test('whose peer guesses without end is closed as one that sends too much', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(configOf('--max-messages-per-second', '2'), clock);
    const { socket } = await connectTrack(senti.socketUrl, { autoPong: false });
    const pinged = once(socket, 'ping');
    clock.advance(PING_EVERY);
    await pinged;
    const closed = once(socket, 'close');
    for (let i = 1; i <= 100; i++) socket.pong(String(i / 100));
    expect((await closed)[0]).toBe(1013);
  });

  test('whose peer reads much is not closed for the pongs that it was asked for', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(configOf('--max-messages-per-second', '2'), clock);
    const { socket, messages, send } = await connectTrack(senti.socketUrl);
    let pinged = 0;
    socket.on('ping', () => {
      pinged += 1;
    });
    send({ track: 'coffee' });
    await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
    const filler = '#filler'.padEnd(3000, 'x');
    for (let said = 1; said <= 1000; said++) {
      senti.source.say(`coffee ${filler}`);
      if (said % 100 === 0) await until(() => messages.length === said, 'it has read');
    }
    expect(pinged).toBeGreaterThan(20);
    expect(socket.readyState).toBe(socket.OPEN);
  });
});
