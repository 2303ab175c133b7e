import { createBluesky } from '../../../src/source/bluesky/bluesky.ts';
import { sourceContract } from '../../contract/source.ts';
import { VERSIONS } from '../../support/bluesky-source.ts';
import { FakeClock, passTime } from '../../support/fake-clock.ts';
import { startFakeJetstream } from '../../support/fake-jetstream.ts';
import { postEvent } from '../../support/jetstream-events.ts';

for (const version of VERSIONS)
  sourceContract(`bluesky, v${version}`, async (sink) => {
    const clock = new FakeClock();
    const jetstream = await startFakeJetstream({ clock });
    let n = 0;
    return {
      source: createBluesky(
        { urls: [version === 1 ? jetstream.url : jetstream.urlV2], random: () => 0 },
        sink,
        clock,
      ),
      run: (done) => {
        const upstream = {
          advance(ms: number) {
            clock.advance(ms);
            jetstream.emit(postEvent(n++, { text: 'coffee' }));
          },
        };
        return passTime(upstream, done, 20);
      },
      connections: () => jetstream.handshakes,
      stop: () => jetstream.close(),
    };
  });
