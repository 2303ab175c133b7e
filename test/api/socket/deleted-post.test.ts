import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SentimentDocument } from '../../../schema/operations.ts';
import { connectTrack } from '../../support/clients.ts';
import { openStalled } from '../../support/raw-socket.ts';
import { startSenti } from '../../support/senti.ts';
import { runOver, STREAMS } from '../../support/transports.ts';
import { until } from '../../support/until.ts';

const TRACK = { track: 'coffee' };
const FILLER = '#filler'.padEnd(3000, 'x');
/** More than the kernel's buffers hold for one connection, at 3 kB an event. */
const FLOOD = 4000;

describe('a post that its source deletes', () => {
  test.each(STREAMS)('is not sent over %s, and counts as dropped', async (stream) => {
    const senti = await startSenti();
    const results = runOver(senti, stream, SentimentDocument, TRACK);
    const first = results.next();
    await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
    senti.source.say('coffee #gone', { id: 'a' });
    senti.source.say('coffee #here', { id: 'b' });
    senti.source.sink.deleted('a');
    const { value } = await first;
    expect(value).toMatchObject({
      data: { sentiment: { hashtags: [{ tag: 'here' }] } },
      extensions: { dropped: 1 },
    });
  });

  test('is not sent over /track', async () => {
    const senti = await startSenti();
    const { send, received } = await connectTrack(senti.socketUrl);
    send(TRACK);
    await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
    senti.source.say('coffee #gone', { id: 'a' });
    senti.source.say('coffee #here', { id: 'b' });
    senti.source.sink.deleted('a');
    senti.source.say('coffee #gone', { id: 'a' });
    senti.source.say('coffee #last', { id: 'c' });
    const tags = (await received(2)).map(({ hashtags }) => Object.keys(hashtags));
    expect(tags).toEqual([['here'], ['last']]);
  });

  test.each(['/graphql', '/track'] as const)(
    'is not sent over %s to a peer that is behind',
    async (path) => {
      const senti = await startSenti();
      const { socket } = await openStalled(senti, path);
      for (let i = 0; i < FLOOD; i++) {
        senti.source.say(`coffee ${FILLER}`);
        if (i % 50 === 0) await setImmediate();
      }
      senti.source.say('coffee #gone', { id: 'a' });
      senti.source.say('coffee #last', { id: 'b' });
      await setImmediate();
      senti.source.sink.deleted('a');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.resume();
      await until(() => text.includes('last'), 'the last event came');
      expect(text).not.toContain('gone');
    },
  );
});
