import { expect, test } from 'vitest';
import { PUBLIC_HOSTS, subscription } from '../../../src/source/bluesky/jetstream-address.ts';

const V1 = 'maxMessageSizeBytes=1000';
const V2_PATH = '/xrpc/network.bsky.jetstream.subscribeEvents';
const V2 = 'collections=app.bsky.feed.post&kinds=commit&maxMessageSizeBytes=1000';

function ask(host: string, cursor?: number): string {
  return subscription(new URL(host), 1000, cursor);
}

test.each([
  ['wss://a.example', `wss://a.example/subscribe?wantedCollections=app.bsky.feed.post&${V1}`],
  [
    'ws://a.example/subscribe',
    `ws://a.example/subscribe?wantedCollections=app.bsky.feed.post&${V1}`,
  ],
  ['ws://a.example/x/?key=1', `ws://a.example/x/?key=1&wantedCollections=app.bsky.feed.post&${V1}`],
  [`wss://a.example${V2_PATH}`, `wss://a.example${V2_PATH}?${V2}`],
  [`wss://a.example/proxy${V2_PATH}?key=1`, `wss://a.example/proxy${V2_PATH}?key=1&${V2}`],
])('asks %s for posts alone, in the version that its path names', (host, expected) => {
  expect(ask(host)).toBe(expected);
});

test('takes no cursor from the address of a host', () => {
  expect(ask('ws://a.example/subscribe?cursor=5')).not.toContain('cursor');
  expect(ask('ws://a.example/subscribe?cursor=5', 7)).toMatch(/&cursor=7$/);
});

test('tries the public hosts of v2 first', () => {
  expect(PUBLIC_HOSTS.map((host) => new URL(host).pathname)).toEqual([
    V2_PATH,
    V2_PATH,
    '/subscribe',
    '/subscribe',
  ]);
});
