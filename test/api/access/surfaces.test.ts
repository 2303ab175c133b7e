// The limits of connections and attempts on every surface of a real server.

import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { FakeClock } from '../../support/fake-clock.ts';
import { ACCEPTS, HTTP_STREAMS } from '../../support/http-stream.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';

const SURFACES = ['POST', ...HTTP_STREAMS, 'WebSocket', '/track', 'page'] as const;
type Surface = (typeof SURFACES)[number];
/** Those that stay open. */
const OPEN = ['SSE', 'WebSocket', '/track', 'multipart'] as const;

/** The response to a request or a handshake. */
interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
  /** Closes the socket or stream, if it is open. */
  leave(): void;
}

const SUBSCRIPTION = '{"query":"subscription { sentiment(track: \\"coffee\\") { score } }"}';

/** Sends a request on `surface`, with `client` as the address that a proxy on loopback forwards. */
async function ask({ url, socketUrl }: Senti, surface: Surface, client?: string): Promise<Answer> {
  const from: Record<string, string> = client === undefined ? {} : { 'x-forwarded-for': client };
  if (surface === 'WebSocket' || surface === '/track') {
    const protocol = surface === 'WebSocket' ? 'graphql-transport-ws' : [];
    const path = surface === 'WebSocket' ? '/graphql' : '/track';
    const socket = new WebSocket(`${socketUrl}${path}`, protocol, { headers: from });
    onTestFinished(() => socket.terminate());
    socket.on('error', () => {});
    return new Promise((resolve) => {
      const leave = () => socket.terminate();
      socket.once('open', () => resolve({ status: 101, retryAfter: null, body: '', leave }));
      socket.once('unexpected-response', async (_request, response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        const retryAfter = response.headers['retry-after'] ?? null;
        resolve({ status: response.statusCode ?? 0, retryAfter, body, leave });
      });
    });
  }
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const isStream = surface === 'SSE' || surface === 'multipart';
  const accept = isStream ? ACCEPTS[surface] : 'application/json';
  const response =
    surface === 'page'
      ? await fetch(`${url}/`, { headers: from, signal: stop.signal })
      : await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept, ...from },
          body: isStream ? SUBSCRIPTION : '{"query":"{ __typename }"}',
          signal: stop.signal,
        });
  const retryAfter = response.headers.get('retry-after');
  const isOpen = isStream && response.status === 200;
  const body = isOpen ? '' : await response.text();
  return { status: response.status, retryAfter, body, leave: () => stop.abort() };
}

const ADMITTED = [101, 200];
const CLIENT = '198.51.100.7';
const BEHIND_PROXY = ['--trust-proxy', '127.0.0.1'];

function expectRejected(answer: Answer, surface: Surface, status: number, reason: RegExp) {
  expect(answer.status).toBe(status);
  expect(Number(answer.retryAfter)).toBeGreaterThan(0);
  expect(answer.body).toMatch(reason);
  if (surface === 'WebSocket' || surface === '/track') return;
  expect(JSON.parse(answer.body)).toMatchObject({
    errors: [{ extensions: { code: 'LIMIT_REACHED' } }],
  });
}

describe.each(SURFACES)('%s', (surface) => {
  test('rejects an address over its limit of attempts with 429 until it has waited', async () => {
    const clock = new FakeClock();
    const config = configOf(...BEHIND_PROXY, '--max-attempts-per-address', '3');
    const senti = await startSenti(config, clock);
    for (let i = 0; i < 3; i++)
      expect(ADMITTED).toContain((await ask(senti, surface, CLIENT)).status);
    expectRejected(
      await ask(senti, surface, CLIENT),
      surface,
      429,
      /Your address makes too many connections/,
    );
    expect(ADMITTED).toContain((await ask(senti, surface, '198.51.100.8')).status);
    expect(ADMITTED).toContain((await ask(senti, surface)).status);
    clock.advance(1000);
    expect(ADMITTED).toContain((await ask(senti, surface, CLIENT)).status);
    expect(senti.warnings.join('')).toContain(`rejected (attempts-per-address): ${CLIENT}`);
  });

  test('rejects attempts over the global limit with 503 until clients have waited', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(configOf(...BEHIND_PROXY, '--max-attempts', '3'), clock);
    for (let i = 0; i < 3; i++) {
      expect(ADMITTED).toContain((await ask(senti, surface, `198.51.100.${i}`)).status);
    }
    const answer = await ask(senti, surface, '198.51.100.9');
    expectRejected(answer, surface, 503, /The server gets too many new connections and requests/);
    clock.advance(1000);
    expect(ADMITTED).toContain((await ask(senti, surface, '198.51.100.9')).status);
  });

  test('rejects an address with too many connections with 429 until one closes', async () => {
    const senti = await startSenti(configOf(...BEHIND_PROXY, '--max-sockets-per-address', '4'));
    const open = [];
    for (const kind of OPEN) {
      open.push(await ask(senti, kind, '2001:db8:1:2::5'));
    }
    expect(open.map(({ status }) => status)).toEqual([200, 101, 101, 200]);
    const other = '2001:db8:1:2:ffff::6';
    expectRejected(await ask(senti, surface, other), surface, 429, /its limit of connections/);
    expect(ADMITTED).toContain((await ask(senti, surface, '2001:db8:1:3::5')).status);
    open[0]?.leave();
    let answer = await ask(senti, surface, other);
    // The server takes a moment to notice the closed stream.
    for (let i = 0; i < 15 && answer.status === 429; i++) answer = await ask(senti, surface, other);
    expect(ADMITTED).toContain(answer.status);
  });

  test('rejects connections over the global limit with 503 until one closes', async () => {
    const senti = await startSenti(configOf('--max-sockets', '4'));
    const open = [];
    for (const kind of OPEN) open.push(await ask(senti, kind));
    expect(open.map(({ status }) => status)).toEqual([200, 101, 101, 200]);
    const answer = await ask(senti, surface);
    expectRejected(answer, surface, 503, /its limit of connections/);
    open[1]?.leave();
    let again = await ask(senti, surface);
    for (let i = 0; i < 50 && again.status === 503; i++) again = await ask(senti, surface);
    expect(ADMITTED).toContain(again.status);
  });
});

test('a full server still answers reports for monitoring', async () => {
  const senti = await startSenti(configOf('--max-sockets', '1', '--max-attempts', '1'));
  await ask(senti, '/track');
  for (const path of ['/health', '/ready', '/metrics']) {
    expect((await fetch(`${senti.url}${path}`)).status).toBe(200);
  }
  expect((await ask(senti, 'page')).status).toBe(503);
  // Once per connection, so that reports cannot bypass the limits.
  const { port, hostname } = new URL(senti.url);
  const socket = connect(Number(port), hostname);
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(5));
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
});

test('loopback is subject to the global limit of attempts', async () => {
  const clock = new FakeClock();
  const senti = await startSenti(configOf('--max-attempts', '2'), clock);
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask(senti, '/track')).status);
  expect(statuses).toEqual([101, 101, 503]);
  clock.advance(1000);
  expect((await ask(senti, '/track')).status).toBe(101);
});

test('an address over its limit of attempts gets no reports either', async () => {
  const senti = await startSenti(configOf(...BEHIND_PROXY, '--max-attempts-per-address', '1'));
  const headers = { 'x-forwarded-for': CLIENT };
  const statuses = [];
  for (let i = 0; i < 2; i++)
    statuses.push((await fetch(`${senti.url}/health`, { headers })).status);
  expect(statuses).toEqual([200, 429]);
});

test('loopback has no limits per address, and X-Forwarded-For from an untrusted peer is ignored', async () => {
  const limits = ['--max-attempts-per-address', '1', '--max-sockets-per-address', '1'];
  const senti = await startSenti(configOf(...limits));
  for (let i = 0; i < 5; i++) expect((await ask(senti, '/track', CLIENT)).status).toBe(101);
});

describe('a proxy', () => {
  const PATHS = ['/graphql', '/track', '/', '/health'];

  async function statuses({ url }: Senti, headers: Record<string, string>) {
    const all = [];
    for (const path of PATHS) all.push((await fetch(`${url}${path}`, { headers })).status);
    return all;
  }

  test.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['"unknown"', 'unknown'],
    ['an obfuscated name', '_hidden'],
    ['nonsense after a client', '198.51.100.7, nonsense'],
    ['nonsense before another proxy', 'nonsense, 10.1.2.3'],
    ['the address of another proxy', '10.1.2.3'],
    ['a loopback address', '127.0.0.1'],
    ['another loopback address', '127.0.0.2'],
  ])('that sends %s has one allowance for all clients that it does not name', async (_, name) => {
    const proxies = ['--trust-proxy', '127.0.0.1,10.0.0.0/8'];
    const senti = await startSenti(
      configOf(...proxies, '--max-attempts-per-address', '2', '--graphiql=false'),
      new FakeClock(),
    );
    const headers: Record<string, string> = name === undefined ? {} : { 'x-forwarded-for': name };
    const [first, second, ...rest] = await statuses(senti, headers);
    expect([first, second]).not.toContain(429);
    expect(rest).toEqual([429, 429]);
    // A client that it names has an allowance of its own.
    expect((await fetch(senti.url, { headers: { 'x-forwarded-for': CLIENT } })).status).toBe(200);
  });

  test('that names no client may open as many WebSockets as one address', async () => {
    const senti = await startSenti(configOf(...BEHIND_PROXY, '--max-sockets-per-address', '2'));
    const all = [];
    for (let i = 0; i < 3; i++) all.push((await ask(senti, '/track', 'unknown')).status);
    expect(all).toEqual([101, 101, 429]);
  });
});

test('a connection that sends nothing or never completes its request is closed', async () => {
  const { url } = await startSenti(configOf('--request-timeout', '1'));
  const { port, hostname } = new URL(url);
  for (const beginning of ['', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', POST_BEGUN]) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(beginning);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    await once(socket, 'close');
    expect(answer === '' || answer.startsWith('HTTP/1.1 408 ')).toBe(true);
  }
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('senti_rejections_total{reason="request"} 3\n');
});

test.each([
  [400, 'send HTTP/1.1', 'NONSENSE\r\n\r\n'],
  [
    431,
    'send fewer or shorter ones',
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
  ],
])('an invalid request is answered with %i and a sentence', async (status, sentence, sent) => {
  const { url } = await startSenti();
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(sent);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(JSON.parse(String(answer).split('\r\n\r\n')[1] ?? '').error).toContain(sentence);
});

const POST_BEGUN =
  'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
  'Content-Length: 1000\r\n\r\n{"query":';

test('a socket without connection_init is closed with 4408', async () => {
  const { socketUrl } = await startSenti(configOf('--init-timeout', '1'));
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws');
  const [code, reason] = await once(socket, 'close');
  expect(code).toBe(4408);
  expect(String(reason)).toContain('send {"type":"connection_init"} at once');
});

test('rejections are counted for Prometheus', async () => {
  const senti = await startSenti(configOf(...BEHIND_PROXY, '--max-attempts-per-address', '1'));
  for (let i = 0; i < 3; i++) await ask(senti, '/track', CLIENT);
  const text = await (await fetch(`${senti.url}/metrics`)).text();
  expect(text).toContain('senti_rejections_total{reason="attempts-per-address"} 2');
});

test('messages that are too long or too late are counted as well', async () => {
  const senti = await startSenti(configOf('--max-message-bytes', '1024', '--init-timeout', '1'));
  const late = new WebSocket(`${senti.socketUrl}/graphql`, 'graphql-transport-ws');
  const chatty = new WebSocket(`${senti.socketUrl}/track`);
  await once(chatty, 'open');
  chatty.send('x'.repeat(2000));
  await Promise.all([once(late, 'close'), once(chatty, 'close')]);
  await fetch(`${senti.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":"{ __typename }","x":"${'x'.repeat(2000)}"}`,
  });
  const text = await (await fetch(`${senti.url}/metrics`)).text();
  expect(text).toContain('senti_rejections_total{reason="size"} 2');
  expect(text).toContain('senti_rejections_total{reason="init"} 1');
});
