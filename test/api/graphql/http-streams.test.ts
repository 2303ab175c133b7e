// The end of a stream over HTTP whose client is behind, and what keeps a quiet one alive.

import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { STALLED_FOR } from '../../../src/api/socket/outbox.ts';
import { UserError } from '../../../src/base/user-error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HTTP_STREAMS, type HttpStream, openStream } from '../../support/http-stream.ts';
import { PARTS_TYPE, readParts } from '../../support/multipart.ts';
import { type Senti, startSenti } from '../../support/senti.ts';
import { track } from '../../support/tracks.ts';
import { ticks, until } from '../../support/until.ts';

const QUERY = 'subscription { sentiment(track: "coffee") { hashtags { tag } post { id } } }';
const FILLER = '#filler'.padEnd(3000, 'x');
/** More than the kernel's buffers hold for one connection, at 3 kB an event. */
const FLOOD = 6000;

async function openBehind(
  stream: HttpStream,
): Promise<{ clock: FakeClock; senti: Senti; client: IncomingMessage }> {
  const clock = new FakeClock();
  const senti = await startSenti(undefined, clock);
  const client = await openStream(senti.url, QUERY, stream);
  await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
  for (let i = 0; i < FLOOD; i++) {
    senti.source.say(`coffee ${FILLER}`);
    if (i % 50 === 0) await setImmediate();
  }
  return { clock, senti, client };
}

function lossIn(text: string): number {
  const told = [...text.matchAll(/"extensions":\{"dropped":(\d+)\}/g)];
  return told.reduce((sum, [, dropped]) => sum + Number(dropped), 0);
}

/** How a stream ends when the server stops, and with an error. */
const ENDS: Readonly<Record<HttpStream, readonly [RegExp, RegExp]>> = {
  SSE: [/\}\n\n$/, /"UPSTREAM_FULL"[^\n]*\n\nevent: complete\ndata:\n\n$/],
  multipart: [
    /\{"payload":null,"errors":\[\{"message":"The server is stopping; subscribe again."\}\]\}\r\n--graphql--\r\n$/,
    /\{"payload":null,"errors":\[[^\n]*"UPSTREAM_FULL"[^\n]*\r\n--graphql--\r\n$/,
  ],
};

describe.each(HTTP_STREAMS)('over %s', (stream) => {
  test('a client that is behind gets the events that wait, its loss, the error and the end', async () => {
    const { senti, client } = await openBehind(stream);
    senti.source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
    const all = await text(client);
    expect(lossIn(all)).toBeGreaterThan(0);
    expect(all.split('"hashtags"').length - 1 + lossIn(all)).toBe(FLOOD);
    expect(all).toMatch(ENDS[stream][1]);
  });

  test('a client that is behind gets everything to the end when the server stops', async () => {
    const { senti, client } = await openBehind(stream);
    const stopped = senti.close();
    const all = await text(client);
    await stopped;
    expect(all.split('"hashtags"').length - 1 + lossIn(all)).toBe(FLOOD);
    expect(all).toMatch(ENDS[stream][0]);
  });

  test('a stalled client is evicted as soon after its stream has ended as before', async () => {
    const { clock, senti, client } = await openBehind(stream);
    senti.source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
    const closed = new Promise((resolve) => client.once('close', resolve));
    clock.advance(STALLED_FOR);
    await ticks(20);
    clock.advance(STALLED_FOR);
    client.resume();
    await closed;
    expect(client.complete).toBe(false);
  });
});

test('every part is delimited at once, whole, and a quiet stream has empty ones', async () => {
  const clock = new FakeClock();
  const senti = await startSenti(undefined, clock);
  const client = await openStream(senti.url, QUERY, 'multipart');
  expect(client.headers['content-type']).toBe(PARTS_TYPE);
  const parts = readParts(client);
  const next = async () => JSON.parse((await parts.next()).value);
  const first = next();
  await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
  senti.source.say('coffee #é #😀');
  expect(await first).toEqual({
    payload: { data: { sentiment: { hashtags: [{ tag: 'é' }], post: { id: '0' } } } },
  });
  clock.advance(12_000);
  expect(await next()).toEqual({});
  clock.advance(12_000);
  expect(await next()).toEqual({});
  senti.source.say('coffee');
  expect(await next()).toMatchObject({ payload: { data: { sentiment: { post: { id: '1' } } } } });
  const last = parts.next();
  await senti.close();
  const errors = [{ message: 'The server is stopping; subscribe again.' }];
  expect(JSON.parse((await last).value)).toEqual({ payload: null, errors });
  // The reader of the test would fail without the closing delimiter.
  expect(await parts.next()).toEqual({ done: true, value: undefined });
});
