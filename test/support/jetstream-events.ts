// Events as Jetstream tells of them, made up: their identifiers have the right shape and belong to nobody.

import type { Event } from './fake-jetstream-wire.ts';

export interface Draft {
  readonly text: string;
  readonly langs?: readonly string[];
  readonly createdAt?: string;
  readonly tags?: readonly string[];
  readonly facets?: readonly object[];
  readonly embed?: object;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

export function didOf(n: number): string {
  return `did:plc:${base32(n, 24)}`;
}

export function rkeyOf(n: number): string {
  return `3${base32(n, 12)}`;
}

/** The `n` of the post at `address`. */
export function placeOf(address: string): number {
  return [...address.slice(-12)].reduce((n, digit) => n * 32 + BASE32.indexOf(digit), 0);
}

/** The `n`-th new post; equal numbers make the same post. */
export function postEvent(n: number, { text, ...rest }: Draft): Event {
  return {
    did: didOf(n % 97),
    kind: 'commit',
    commit: {
      rev: rkeyOf(n),
      operation: 'create',
      collection: 'app.bsky.feed.post',
      rkey: rkeyOf(n),
      record: { $type: 'app.bsky.feed.post', text, ...rest },
      cid: `bafyrei${base32(n, 52)}`,
    },
  };
}

export function deleteEvent(n: number): Event {
  const rkey = rkeyOf(n);
  const collection = 'app.bsky.feed.post';
  return {
    did: didOf(n % 97),
    kind: 'commit',
    commit: { rev: rkey, operation: 'delete', collection, rkey },
  };
}

export function identityEvent(n: number): Event {
  const did = didOf(n);
  return { did, kind: 'identity', identity: { did, handle: `user${n}.example.com`, seq: n } };
}

function base32(n: number, length: number): string {
  let text = '';
  for (let rest = n; text.length < length; rest = Math.floor(rest / 32)) {
    text = BASE32.charAt(rest % 32) + text;
  }
  return text;
}
