// The end of a stream of Server-Sent Events whose client is behind.

import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { STALLED_FOR } from '../../../src/api/socket/outbox.ts';
import { UserError } from '../../../src/base/user-error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type Senti, startSenti } from '../../support/senti.ts';
import { openSse } from '../../support/sse.ts';
import { track } from '../../support/tracks.ts';
import { ticks, until } from '../../support/until.ts';

const QUERY = 'subscription { sentiment(track: "coffee") { hashtags { tag } post { id } } }';
const FILLER = '#filler'.padEnd(3000, 'x');
/** More than the kernel's buffers hold for one connection, at 3 kB an event. */
const FLOOD = 6000;

async function openBehind(): Promise<{ clock: FakeClock; senti: Senti; client: IncomingMessage }> {
  const clock = new FakeClock();
  const senti = await startSenti(undefined, clock);
  const client = await openSse(senti.url, QUERY);
  await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
  for (let i = 0; i < FLOOD; i++) {
    senti.source.say(`coffee ${FILLER}`);
    if (i % 50 === 0) await setImmediate();
  }
  return { clock, senti, client };
}

function lossIn(stream: string): number {
  const told = [...stream.matchAll(/"extensions":\{"dropped":(\d+)\}/g)];
  return told.reduce((sum, [, dropped]) => sum + Number(dropped), 0);
}

test('a client that is behind gets the events that wait, its loss, the error and complete', async () => {
  const { senti, client } = await openBehind();
  senti.source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
  const stream = await text(client);
  expect(lossIn(stream)).toBeGreaterThan(0);
  expect(stream.split('"hashtags"').length - 1 + lossIn(stream)).toBe(FLOOD);
  expect(stream).toMatch(/"UPSTREAM_FULL"[^\n]*\n\nevent: complete\ndata:\n\n$/);
});

test('a client that is behind gets everything to the end when the server stops', async () => {
  const { senti, client } = await openBehind();
  const stopped = senti.close();
  const stream = await text(client);
  await stopped;
  expect(stream.split('"hashtags"').length - 1 + lossIn(stream)).toBe(FLOOD);
  expect(stream).toMatch(/event: complete\ndata:\n\n$/);
});

test('a stalled client is evicted as soon after its stream has ended as before', async () => {
  const { clock, senti, client } = await openBehind();
  senti.source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
  const closed = new Promise((resolve) => client.once('close', resolve));
  clock.advance(STALLED_FOR);
  await ticks(20);
  clock.advance(STALLED_FOR);
  client.resume();
  await closed;
  expect(client.complete).toBe(false);
});
