// A subscription on a WebSocket.

import type { UserError } from '../../base/user-error.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { Opened } from './broadcast.ts';
import type { EncodedResult } from './selection.ts';
import { Subscription } from './subscription.ts';

/** Learns when a subscription has ended. */
interface Owner {
  ended(id: string, subscription: SocketSubscription, error: UserError | undefined): void;
}

/** Closes the message around a result. */
const SUFFIX = [...Buffer.from('}')];

export class SocketSubscription extends Subscription {
  readonly #id: string;
  readonly #outbox: Outbox;
  readonly #owner: Owner;

  /** `id` is the client's name for the operation. */
  constructor(id: string, opened: Opened, outbox: Outbox, owner: Owner) {
    const prefix = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    super({ prefix, suffix: SUFFIX }, opened, outbox);
    this.#id = id;
    this.#outbox = outbox;
    this.#owner = owner;
  }

  /** Ends without a word to the client, which hears nothing more of it. */
  stop(): void {
    this.end();
    this.#outbox.forget(this);
  }

  protected override payloadOf({ json }: EncodedResult): Buffer {
    return json;
  }

  protected override ended(error: UserError | undefined): void {
    this.#owner.ended(this.#id, this, error);
  }
}
