import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { PING_EVERY, PONG_WITHIN } from '../../src/api/heartbeat.ts';
import { connectTrack } from '../support/clients.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startSenti } from '../support/senti.ts';
import { until } from '../support/until.ts';

describe('a socket', () => {
  test('whose peer answers its pings lives on', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const { socket, send } = await connectTrack(senti.socketUrl);
    for (let i = 1; i <= 5; i++) {
      const pinged = once(socket, 'ping');
      clock.advance(PING_EVERY);
      expect(String((await pinged)[0])).toBe(String(i));
      // What is sent after the answer arrives after it.
      send({ track: `word${i}` });
      await until(() => String(senti.source.wanted.at(-1)) === `word${i}`, 'the answer');
    }
    expect(socket.readyState).toBe(socket.OPEN);
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
    clock.advance(PONG_WITHIN);
    await closed;
    expect(senti.source.state).toEqual({ name: 'idle' });
    expect(clock.pending).toBe(0);
  });
});
