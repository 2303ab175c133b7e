// A host that has nothing to send: pings show that it is alive.

import { describe, expect, onTestFinished, test } from 'vitest';
import {
  connectJetstream,
  LONGEST_SILENCE_MS,
  type Loss,
  PING_EVERY_MS,
} from '../../../src/source/bluesky/jetstream-connection.ts';
import { setUpBluesky } from '../../support/bluesky-source.ts';
import { FakeClock, passTime } from '../../support/fake-clock.ts';
import { startFakeJetstream } from '../../support/fake-jetstream.ts';

describe('a quiet Jetstream', () => {
  test('counts as alive while it sends pings', async () => {
    const { jetstream, live, clock, source } = await setUpBluesky();
    await live();
    for (let i = 0; i < 10; i++) {
      clock.advance(LONGEST_SILENCE_MS - 1);
      await jetstream.ping();
    }
    expect(source.state).toEqual({ name: 'live' });
    expect(jetstream.handshakes).toBe(1);
  });

  test('counts as alive while it answers pings', async () => {
    const { jetstream, live, clock, source } = await setUpBluesky();
    await live();
    await passTime(clock, jetstream.untilPinged(10));
    expect(source.state).toEqual({ name: 'live' });
    expect(jetstream.handshakes).toBe(1);
  });

  test('is not avoided after a break, and connects again at once', async () => {
    const { jetstream, other, live, clock, is, source, recover } = await setUpBluesky({ hosts: 2 });
    await live();
    for (let i = 1; i <= 5; i++) {
      await passTime(clock, jetstream.untilPinged(i + 1));
      jetstream.terminate();
      await is('waiting');
      expect(source.state).toMatchObject({ until: clock.now() + 500 });
      await recover();
    }
    expect([jetstream.handshakes, other.handshakes]).toEqual([6, 0]);
  });

  test('that answers no ping counts as silent', async () => {
    const { jetstream, live, clock, source } = await setUpBluesky();
    await live();
    jetstream.stall();
    for (let waited = 0; waited < LONGEST_SILENCE_MS; waited += PING_EVERY_MS / 2) {
      expect(source.state).toEqual({ name: 'live' });
      clock.advance(PING_EVERY_MS / 2);
    }
    expect(source.state).toMatchObject({ reason: expect.stringMatching(/been silent for 20 s$/) });
  });

  test('counts as silent where posts never stop, as on the public hosts, whatever it pings', async () => {
    const clock = new FakeClock();
    const jetstream = await startFakeJetstream({ clock });
    onTestFinished(() => jetstream.close());
    const losses: Loss[] = [];
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const unused = () => {};
    connectJetstream(
      { address: jetstream.url, mayBeQuiet: false },
      { open, answered: unused, text: unused, bad: unused, lost: (loss) => losses.push(loss) },
      clock,
    );
    await opened;
    clock.advance(LONGEST_SILENCE_MS - 1);
    await jetstream.ping();
    expect(losses).toEqual([]);
    clock.advance(1);
    expect(losses).toEqual([{ reason: 'has been silent for 20 s', silent: true }]);
  });
});
