import { systemClock } from '../../src/base/clock.ts';
import type { NatsConfig, NatsOptions } from '../../src/cluster/nats.ts';
import { LONG_LEASE_SECONDS } from './cluster.ts';
import { configOf } from './senti.ts';

/** Options of a relay to the nats-server at `port` of this machine. */
export function natsOptions(
  port: number,
  config: Partial<NatsConfig> = {},
  options: Partial<NatsOptions> = {},
): NatsOptions {
  const given = configOf('--nats', `nats://127.0.0.1:${port}`, '--nats-prefix', 'test');
  return {
    config: { ...given, natsLease: LONG_LEASE_SECONDS, ...config },
    name: 'test',
    clock: systemClock,
    warn: () => {},
    ...options,
  };
}
