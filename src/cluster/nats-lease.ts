// The lease as an entry in a NATS key-value bucket whose entries all expire after the same time. (An expiry per key
// needs NATS 2.11; earlier servers ignore it silently.)

import { jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { type LeaseKeeper, RelayError } from '../stream/relay.ts';
import { asRelayError, isOtherRevision } from './nats-error.ts';

interface NatsLeaseOptions {
  /** The bucket's name starts with it. */
  readonly prefix: string;
  /** How long the lease lasts, in milliseconds, if the bucket does not exist yet. */
  readonly ttl: number;
  /** Undefined while offline. */
  readonly connection: () => NatsConnection | undefined;
  readonly warn: (message: string) => void;
}

const KEY = 'ingest';
/** The range that an existing bucket must keep to. A lease that never expires could never be taken over. */
const TTL_MS = { least: 1000, most: 60_000 } as const;
/** How long to wait for an answer, in milliseconds. */
const ANSWER_IN_MS = 2000;
/** No node writes more, so a longer entry was written by another program. */
const MAX_HOLDER_BYTES = 1024;

export function createNatsLease(options: NatsLeaseOptions): LeaseKeeper {
  const { prefix, connection, warn } = options;
  let { ttl } = options;
  let opened: { readonly by: NatsConnection; readonly bucket: KV } | undefined;

  async function open(): Promise<KV> {
    const by = connection();
    if (by === undefined) throw new RelayError('NATS is not connected');
    if (opened?.by === by) return opened.bucket;
    const kvm = new Kvm(jetstream(by, { timeout: ANSWER_IN_MS }));
    const bucket = await kvm.create(`${prefix}-lease`, { ttl, history: 1 });
    const there = (await bucket.status()).ttl;
    if (!(there >= TTL_MS.least && there <= TTL_MS.most)) {
      throw new RelayError(
        `the bucket ${prefix}-lease keeps the lease for ${there} ms; delete it, and a node creates it again`,
      );
    }
    if (there !== ttl) {
      warn(`the lease lasts ${there} ms, as the first node set it, and not ${ttl} ms`);
      ttl = there;
    }
    opened = { by, bucket };
    return bucket;
  }

  /** Resolves with undefined if the entry is not at the revision that the request names. */
  async function ask<T>(request: (bucket: KV) => Promise<T>): Promise<T | undefined> {
    try {
      return await request(await open());
    } catch (error) {
      if (isOtherRevision(error)) return undefined;
      // The bucket may have been deleted. The next request creates it again.
      opened = undefined;
      throw asRelayError(error);
    }
  }

  return {
    get ttl() {
      return ttl;
    },
    claim: (holder) => ask((bucket) => bucket.create(KEY, holder)),
    renew: (holder, revision) =>
      ask((bucket) => bucket.update(KEY, holder, revision, ANSWER_IN_MS)),
    async release(revision) {
      await ask((bucket) => bucket.delete(KEY, { previousSeq: revision }));
    },
    async read() {
      const entry = await ask((bucket) => bucket.get(KEY));
      if (entry?.operation !== 'PUT' || entry.length > MAX_HOLDER_BYTES) return undefined;
      return { holder: entry.string(), revision: entry.revision };
    },
  };
}
