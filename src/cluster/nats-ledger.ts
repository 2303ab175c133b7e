// The ledger as an entry in a NATS key-value bucket, which a node replaces only if no other node was faster.

import { jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Ledger } from '../base/ledger.ts';
import { asRelayError, isOtherRevision } from './nats-error.ts';

interface NatsLedgerOptions {
  /** The bucket's name starts with it. */
  readonly prefix: string;
  /** Undefined while offline. */
  readonly connection: () => NatsConnection | undefined;
}

const KEY = 'x';
/** How long to wait for an answer, in milliseconds. */
const ANSWER_IN_MS = 2000;
/** No node writes more, so a longer entry was written by another program. */
const MAX_BYTES = 4096;
/** When several nodes write at the same time, one wins, and the others try again. */
const TRIES = 5;

export function createNatsLedger({ prefix, connection }: NatsLedgerOptions): Ledger {
  let opened: { readonly by: NatsConnection; readonly bucket: KV } | undefined;

  async function open(by: NatsConnection): Promise<KV> {
    if (opened?.by === by) return opened.bucket;
    const kvm = new Kvm(jetstream(by, { timeout: ANSWER_IN_MS }));
    const bucket = await kvm.create(`${prefix}-ledger`, { history: 1 });
    opened = { by, bucket };
    return bucket;
  }

  /** Returns whether no other node was faster. */
  async function tryOnce(bucket: KV, change: Parameters<Ledger['update']>[0]): Promise<boolean> {
    const entry = await bucket.get(KEY);
    const isText = entry?.operation === 'PUT' && entry.length <= MAX_BYTES;
    const before = isText ? entry.string() : undefined;
    const after = change(before);
    if (after === before) return true;
    try {
      if (entry === null) await bucket.create(KEY, after);
      else await bucket.update(KEY, after, entry.revision, ANSWER_IN_MS);
      return true;
    } catch (error) {
      if (isOtherRevision(error)) return false;
      throw error;
    }
  }

  return {
    async update(change) {
      const by = connection();
      if (by === undefined) return 'NATS is not connected';
      try {
        const bucket = await open(by);
        for (let tried = 0; tried < TRIES; tried++) {
          if (await tryOnce(bucket, change)) return undefined;
        }
        return `other nodes keep changing the bucket ${prefix}-ledger`;
      } catch (error) {
        // The bucket may have been deleted. The next update creates it again.
        opened = undefined;
        return asRelayError(error).message;
      }
    },
  };
}
