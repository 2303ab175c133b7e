// The lease as an entry of a NATS key-value bucket, whose entries all end after the same time. (Times of
// single keys need a server from 2.11 on; those before ignore them without a word.)

import { JetStreamApiError, jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { type LeaseKeeper, RelayError } from '../stream/relay.ts';

export interface NatsLeaseOptions {
  /** The bucket's name begins with it. */
  readonly prefix: string;
  /** The length of the lease in milliseconds, if the bucket is still to be made. */
  readonly ttl: number;
  /** Undefined while there is none. */
  readonly connection: () => NatsConnection | undefined;
  readonly warn: (message: string) => void;
}

const KEY = 'ingest';
/** What a bucket that somebody else has made may say; one that never ends could never be taken over. */
const TTL_MS = { least: 1000, most: 60_000 } as const;
/** A question that has no answer by then is given up, in milliseconds. */
const ANSWER_IN_MS = 2000;
/** No node writes more; whatever else is there was written by somebody else. */
const MAX_HOLDER_BYTES = 1024;
/** What the server says when the entry is not at the expected revision (JetStream's err_code). */
const OTHER_REVISION = new Set([10071, 10164]);

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
        `the bucket ${prefix}-lease keeps the lease for ${there} ms; delete it, and a node makes it anew`,
      );
    }
    if (there !== ttl) {
      warn(`the lease lasts ${there} ms, as the first node said, and not ${ttl} ms`);
      ttl = there;
    }
    opened = { by, bucket };
    return bucket;
  }

  /** Asks the bucket; undefined when the entry is not at the revision that the question names. */
  async function ask<T>(question: (bucket: KV) => Promise<T>): Promise<T | undefined> {
    try {
      return await question(await open());
    } catch (error) {
      if (error instanceof JetStreamApiError && OTHER_REVISION.has(error.code)) return undefined;
      // It may have been deleted; then it is made anew.
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

/** What NATS says, as one kind of error. A mistake of ours stays what it is. */
export function asRelayError(error: unknown): RelayError {
  const isOurs = [TypeError, ReferenceError, RangeError].some((kind) => error instanceof kind);
  if (!(error instanceof Error) || isOurs) throw error;
  if (error instanceof RelayError) return error;
  return new RelayError(error.message || error.name, { cause: error });
}
