import { createX } from '../../../src/source/x/x.ts';
import { sourceContract } from '../../contract/source.ts';
import { FakeClock, passTime } from '../../support/fake-clock.ts';
import { startFakeX } from '../../support/fake-x.ts';
import { allowanceOf, xPost } from '../../support/x-source.ts';

sourceContract('x', async (sink) => {
  const clock = new FakeClock();
  const token = 'a-secret';
  const x = await startFakeX({ clock, token, keepAliveMs: 10_000 });
  const options = {
    url: x.url,
    token,
    maxRules: 1000,
    ruleLength: 1024,
    languages: ['en'],
    allowance: allowanceOf(clock),
    warn: () => {},
    random: () => 0,
  };
  const source = createX(options, sink, clock);
  return {
    source: {
      ...source,
      name: source.name,
      get state() {
        return source.state;
      },
      want: (tracks) => source.want(tracks),
      // close() gives up its last request after a while.
      close: () => passTime(clock, source.close()),
    },
    run: (done) => {
      const upstream = {
        advance(ms: number) {
          clock.advance(ms);
          void x.push(xPost('coffee'));
        },
      };
      return passTime(upstream, done);
    },
    connections: () => x.counts.connects,
    stop: () => x.close(),
  };
});
