// What an open WebSocket keeps in memory.

import { IncomingMessage } from 'node:http';
import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { SentimentDocument } from '../../../schema/operations.ts';
import { connectGraphQL, connectTrack, run } from '../../support/clients.ts';
import { startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

/** Of each surface. */
const SOCKETS = 20;

/** Requests in memory, once all garbage is collected. */
function requests(): number {
  return queryObjects(IncomingMessage, { format: 'count' });
}

test('an open socket keeps nothing of its request', async () => {
  const { socketUrl, source } = await startSenti();
  const open = async (i: number) => {
    (await connectTrack(socketUrl)).send({ track: `one${i}` });
    void run(connectGraphQL(socketUrl), SentimentDocument, { track: `other${i}` }).next();
  };
  // The first ones have the code loaded that every other one needs.
  await open(0);
  await until(() => source.wanted.at(-1)?.length === 2, 'the first tracks are wanted');
  const before = requests();
  for (let i = 1; i <= SOCKETS; i++) await open(i);
  await until(() => source.wanted.at(-1)?.length === 2 * SOCKETS + 2, 'all tracks are wanted');
  expect(requests() - before).toBeLessThan(SOCKETS / 2);
});
