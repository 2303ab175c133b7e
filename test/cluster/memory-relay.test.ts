import { relayContract } from '../contract/relay.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { createMemoryHub, type MemoryRelay } from '../support/memory-relay.ts';

relayContract('memory', async () => {
  const clock = new FakeClock();
  const hub = createMemoryHub(clock, 1000);
  return {
    connect: async (sink) => hub.connect(sink),
    run: (done) => passTime(clock, done, 10),
    cut: async (relay) => (relay as MemoryRelay).cut(),
    mend: async (relay) => (relay as MemoryRelay).mend(),
  };
});
