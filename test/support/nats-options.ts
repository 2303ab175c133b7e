import { systemClock } from '../../src/base/clock.ts';
import type { NatsOptions } from '../../src/cluster/nats.ts';

/** Options of a relay to the nats-server at `port` of this machine. */
export function natsOptions(port: number, given: Partial<NatsOptions> = {}): NatsOptions {
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
    ...given,
  };
}
