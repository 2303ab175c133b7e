import { describe } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { connectNats, type NatsOptions } from '../../src/cluster/nats.ts';
import type { Relay, RelaySink } from '../../src/stream/relay.ts';
import { relayContract } from '../contract/relay.ts';
import { findNatsServer, startNats } from '../support/nats-server.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

/** Options for a relay in a test, that reaches the server at `port`. */
function natsOptions(port: number): NatsOptions {
  return {
    servers: [`nats://127.0.0.1:${port}`],
    prefix: 'test',
    name: 'test',
    leaseMs: 1000,
    creds: '',
    tlsCa: '',
    tlsCert: '',
    tlsKey: '',
    user: '',
    password: '',
    token: '',
    clock: systemClock,
    warn: () => {},
  };
}

describe.skipIf(!findNatsServer())('over a real nats-server', () => {
  relayContract('NATS', async () => {
    const nats = await startNats();
    const proxies = new Map<Relay, TcpProxy>();
    return {
      async connect(sink: RelaySink) {
        const proxy = await startProxy(nats.port);
        const relay = connectNats(natsOptions(proxy.port), sink);
        proxies.set(relay, proxy);
        await until(() => relay.trouble === undefined);
        return relay;
      },
      run: (done) => done,
      cut: async (relay) => proxies.get(relay)?.cut(),
      mend: async (relay) => proxies.get(relay)?.mend(),
      stop: () => nats.stop(),
    };
  });
});
