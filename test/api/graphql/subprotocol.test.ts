// A client that offers no subprotocol of ours learns which one to offer, each time that it connects.

import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import Ws from 'ws';
import { FakeClock } from '../../support/fake-clock.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

const MAX_REASON_BYTES = 123;
const USE_OURS = 'Offer the subprotocol graphql-transport-ws, as the npm package graphql-ws does.';
const NOT_LEGACY =
  'graphql-ws is the old protocol, of subscriptions-transport-ws. Use graphql-transport-ws (npm: graphql-ws).';

/** Opens a socket, says `first` on it, and resolves once the server has closed it. */
function closeOf(
  Implementation: typeof WebSocket,
  url: string,
  offer: string[],
  first = '{"type":"connection_init"}',
) {
  const socket = new Implementation(url, offer);
  const messages: unknown[] = [];
  let errors = 0;
  socket.onopen = () => socket.send(first);
  socket.onmessage = ({ data }) => messages.push(JSON.parse(String(data)));
  socket.onerror = () => {
    errors += 1;
  };
  return new Promise((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason, messages, errors });
  });
}

describe.each([
  // It ends a handshake by itself that ignores its offer, as browsers do.
  ['a browser', WebSocket],
  ['ws', Ws as unknown as typeof WebSocket],
])('a WebSocket of %s', (_, implementation) => {
  test.each([[[]], [['mqtt']], [['mqtt', 'graphql-transport-ws2']]])(
    'that offers %j is told what to offer',
    async (offer) => {
      const { socketUrl } = await startSenti();
      for (let i = 0; i < 2; i++) {
        expect(await closeOf(implementation, `${socketUrl}/graphql`, offer)).toEqual({
          code: 4406,
          reason: USE_OURS,
          messages: [],
          errors: 0,
        });
      }
    },
  );

  test('that offers the old protocol is told in the words of that protocol, too', async () => {
    const { socketUrl } = await startSenti();
    for (let i = 0; i < 2; i++) {
      expect(await closeOf(implementation, `${socketUrl}/graphql`, ['mqtt', 'graphql-ws'])).toEqual(
        {
          code: 4406,
          reason: NOT_LEGACY,
          messages: [{ type: 'connection_error', payload: { message: NOT_LEGACY } }],
          errors: 0,
        },
      );
    }
  });

  test('that offers both protocols speaks the new one', async () => {
    const { socketUrl } = await startSenti(configOf(), new FakeClock());
    const socket = new implementation(`${socketUrl}/graphql`, [
      'graphql-ws',
      'graphql-transport-ws',
    ]);
    const answers: unknown[] = [];
    socket.onopen = () => socket.send('{"type":"connection_init"}');
    socket.onmessage = ({ data }) => answers.push(JSON.parse(String(data)));
    await until(() => answers.length > 0);
    expect([socket.protocol, answers]).toEqual([
      'graphql-transport-ws',
      [{ type: 'connection_ack', payload: { time: '2026-11-20T10:00:00.000Z' } }],
    ]);
    socket.close();
  });
});

test('the reasons fit into a close frame', () => {
  for (const reason of [USE_OURS, NOT_LEGACY]) {
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(MAX_REASON_BYTES);
  }
});

test('graphql-ws does not connect again after such a close, and reports the reason', async () => {
  const { socketUrl } = await startSenti();
  let connected = 0;
  class WithAnotherOffer extends Ws {
    constructor(url: string) {
      super(url, 'mqtt');
      connected += 1;
    }
  }
  const client = createClient({
    url: `${socketUrl}/graphql`,
    webSocketImpl: WithAnotherOffer,
    retryAttempts: 5,
    shouldRetry: () => true,
    retryWait: async () => {},
  });
  const failure = await new Promise((resolve) => {
    client.subscribe({ query: '{ __typename }' }, { next() {}, error: resolve, complete() {} });
  });
  expect(failure).toMatchObject({ code: 4406, reason: USE_OURS });
  expect(connected).toBe(1);
});
