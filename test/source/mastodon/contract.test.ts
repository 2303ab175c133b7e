import { createMastodon } from '../../../src/source/mastodon/mastodon.ts';
import { sourceContract } from '../../contract/source.ts';
import { FakeClock, passTime } from '../../support/fake-clock.ts';
import { startFakeMastodon } from '../../support/fake-mastodon.ts';
import { statusOf } from '../../support/statuses.ts';

sourceContract('mastodon', async (sink) => {
  const clock = new FakeClock();
  const instances = [await startFakeMastodon(), await startFakeMastodon()];
  let n = 0;
  return {
    source: createMastodon(
      {
        urls: instances.map(({ url }) => url),
        tokens: [],
        random: () => 0,
        warn: () => {},
      },
      sink,
      clock,
    ),
    run: (done) => {
      const upstream = {
        advance(ms: number) {
          clock.advance(ms);
          for (const instance of instances) instance.emit(statusOf(n, { text: 'coffee' }));
          n += 1;
        },
      };
      return passTime(upstream, done, 20);
    },
    connections: () => Math.max(...instances.map(({ handshakes }) => handshakes)),
    stop: async () => {
      for (const instance of instances) await instance.close();
    },
  };
});
