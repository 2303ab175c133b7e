// The addresses of Jetstream hosts, and what a connection asks them for. The path tells the version of the protocol.

export const POST_COLLECTION = 'app.bsky.feed.post';

/** https://github.com/bluesky-social/jetstream/blob/main/lexicons/network/bsky/jetstream/subscribeEvents.json */
const V2_PATH = '/xrpc/network.bsky.jetstream.subscribeEvents';
/** Every host serves v1, so this is the path of an address without one. */
const V1_PATH = '/subscribe';

/** In two regions, so that an outage of one leaves the other. The hosts of v1 may close one day. */
export const PUBLIC_HOSTS: readonly string[] = [
  `wss://jetstream.us-east.bsky.network${V2_PATH}`,
  `wss://jetstream.us-west.bsky.network${V2_PATH}`,
  `wss://jetstream2.us-east.bsky.network${V1_PATH}`,
  `wss://jetstream1.us-west.bsky.network${V1_PATH}`,
];

/** The address that asks `host` for posts alone, in frames of at most `maxFrameBytes`, from `cursor` on. */
export function subscription(host: URL, maxFrameBytes: number, cursor: number | undefined): string {
  const address = new URL(host);
  if (address.pathname === '/') address.pathname = V1_PATH;
  const { searchParams: query } = address;
  // A proxy may add to the path before it.
  if (address.pathname.endsWith(V2_PATH)) {
    query.set('collections', POST_COLLECTION);
    query.set('kinds', 'commit');
  } else {
    query.set('wantedCollections', POST_COLLECTION);
  }
  query.set('maxMessageSizeBytes', String(maxFrameBytes));
  query.delete('cursor');
  if (cursor !== undefined) query.set('cursor', String(cursor));
  return address.href;
}
