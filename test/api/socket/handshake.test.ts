// A request for a WebSocket that cannot be served gets an answer that says what to do, in JSON.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { FakeClock } from '../../support/fake-clock.ts';
import { configOf, startSenti } from '../../support/senti.ts';

const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
};

const FOREIGN = { origin: 'https://page.example' };
const NOT_ALLOWED =
  'The Origin of this page is not allowed. The operator can allow it with --origins (ALLOWED_ORIGINS).';
const OPEN = 'Open a WebSocket with a browser or a WebSocket library.';

const CASES: readonly (readonly [
  what: string,
  path: string,
  change: { readonly method?: string; readonly headers?: object },
  status: number,
  sentence: string,
])[] = [
  ['of an unknown path', '/ws', {}, 404, 'No WebSocket here; open /graphql or /track'],
  ['with POST', '/track', { method: 'POST' }, 405, `Invalid HTTP method. ${OPEN}`],
  ['with PUT', '/graphql', { method: 'PUT' }, 405, `Invalid HTTP method. ${OPEN}`],
  [
    'of an old version',
    '/graphql',
    { headers: { 'sec-websocket-version': '7' } },
    400,
    `Missing or invalid Sec-WebSocket-Version header. ${OPEN}`,
  ],
];

test.each(CASES)('a handshake %s on %s', async (_what, path, change, status, sentence) => {
  const { url } = await startSenti();
  for (let i = 0; i < 2; i++) {
    const { method = 'GET', headers } = change;
    const outgoing = request(`${url}${path}`, { method, headers: { ...HANDSHAKE, ...headers } });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const body = await text(response);
    expect([response.statusCode, response.headers['content-type'], JSON.parse(body)]).toEqual([
      status,
      'application/json; charset=utf-8',
      { error: sentence },
    ]);
    expect(response.headers.connection).toBe('close');
  }
});

const PROTOCOLS = [
  ['/graphql', 'graphql-transport-ws'],
  ['/graphql', undefined],
  ['/track', undefined],
] as const;

test.each(PROTOCOLS)(
  'a page of another origin learns from the close of its socket on %s, with the protocol %s',
  async (path, protocol) => {
    const config = configOf('--trust-proxy', '127.0.0.1', '--max-attempts-per-address', '3');
    const senti = await startSenti(config, new FakeClock());
    const connect = () =>
      new WebSocket(`${senti.socketUrl}${path}`, protocol, {
        headers: { ...FOREIGN, 'x-forwarded-for': '198.51.100.7' },
      });
    for (let i = 0; i < 3; i++) {
      const socket = connect();
      const received: unknown[] = [];
      socket.on('message', (data) => received.push(String(data)));
      socket.once('open', () => socket.send('{"track": "coffee"}'));
      const [code, reason] = await once(socket, 'close');
      expect([code, String(reason), received]).toEqual([1008, NOT_ALLOWED, []]);
    }
    expect(senti.source.wanted).toEqual([]);
    const [error] = await once(connect(), 'error');
    expect(error.message).toContain('429');
  },
);

test('the log says how an operator allows the origin of a page', async () => {
  const senti = await startSenti();
  const response = await fetch(`${senti.url}/graphql`, { method: 'POST', headers: FOREIGN });
  expect(response.status).toBe(403);
  expect(await response.text()).toContain(NOT_ALLOWED);
  expect(senti.warnings.join()).toContain(
    'rejected (origin): https://page.example (--origins allows it)',
  );
});
