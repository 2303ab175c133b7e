import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { REST_WITHIN } from '../../../src/api/http/stall-timeout.ts';
import { STALLED_FOR } from '../../../src/api/socket/outbox.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ACCEPT_PARTS } from '../../support/multipart.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { TOKEN, withTokens } from '../../support/tokens.ts';
import { ticks, until } from '../../support/until.ts';

describe('over HTTP', () => {
  test('/graphql shows GraphiQL to a browser without using any other origin', async () => {
    const { url } = await startSenti();
    const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    const page = await response.text();
    expect(page).toContain('<title>Senti</title>');
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
  });

  test('GraphiQL is compressed for clients that accept gzip, and answered with 304 if unchanged', async () => {
    const { url } = await startSenti();
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/graphql`, { headers: { accept: 'text/html', ...headers } });
    const plain = await ask({ 'accept-encoding': 'identity' });
    const zipped = await ask({ 'accept-encoding': 'br, gzip' });
    expect(plain.headers.get('content-encoding')).toBe(null);
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(3_000_000);
    expect(await zipped.text()).toBe(await plain.text());
    const etag = zipped.headers.get('etag') ?? '';
    expect(etag).not.toBe(plain.headers.get('etag'));
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await ask({ 'accept-encoding': 'gzip', 'if-none-match': tag });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  test('hundreds of clients that do not read GraphiQL take the memory of one copy', async () => {
    const { url } = await startSenti();
    const { port, hostname } = new URL(url);
    const ask = 'GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n';
    const requestPage = async () => {
      const socket = connect(Number(port), hostname);
      onTestFinished(() => void socket.destroy());
      socket.write(ask);
      await once(socket, 'data');
      socket.pause();
    };
    await requestPage();
    const before = process.memoryUsage();
    for (let i = 0; i < 200; i++) await requestPage();
    const { external, heapUsed } = process.memoryUsage();
    expect(external + heapUsed - before.external - before.heapUsed).toBeLessThan(100_000_000);
  });

  test('a client may load a page slowly, but is evicted in the end', async () => {
    const clock = new FakeClock();
    const { url } = await startSenti(undefined, clock);
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    for (let passed = 0; passed < REST_WITHIN - STALLED_FOR; passed += 1000) clock.advance(1000);
    await ticks(20);
    expect(await fetch(`${url}/metrics`).then((response) => response.text())).toContain(
      'senti_evictions_total{reason="stalled"} 0',
    );
    for (let passed = 0; passed < 2 * STALLED_FOR; passed += 1000) clock.advance(1000);
    expect(await fetch(`${url}/metrics`).then((response) => response.text())).toContain(
      'senti_evictions_total{reason="stalled"} 1',
    );
  });

  test('/health reports that the server is alive', async () => {
    const { url } = await startSenti();
    const response = await fetch(`${url}/health`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'alive' }]);
  });

  test('/ready follows the state of the source', async () => {
    const { url, source } = await startSenti();
    const ask = async () => {
      const response = await fetch(`${url}/ready`);
      return [response.status, await response.json()];
    };
    expect(await ask()).toEqual([200, { ready: true, source: { name: 'hand', state: 'idle' } }]);
    source.become({ name: 'connecting' });
    expect(await ask()).toMatchObject([503, { ready: false, source: { state: 'connecting' } }]);
    source.become({ name: 'live' });
    expect(await ask()).toMatchObject([200, { ready: true }]);
    source.become({ name: 'waiting', reason: 'busy', until: 5 });
    expect(await ask()).toEqual([
      503,
      { ready: false, source: { name: 'hand', state: 'waiting', reason: 'busy', until: 5 } },
    ]);
  });

  test.each(['GET', 'POST', 'PUT'])(
    'a %s of /track without an upgrade is told to upgrade',
    async (method) => {
      const { url } = await startSenti();
      for (let i = 0; i < 2; i++) {
        const response = await fetch(`${url}/track`, { method });
        expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
        expect(await response.json()).toEqual({
          error: 'Open this address as a WebSocket, and send {"track": "coffee"}',
        });
      }
    },
  );

  test('unknown paths get 404, and wrong methods 405', async () => {
    const { url } = await startSenti();
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    for (const report of ['health', 'ready', 'metrics']) {
      const response = await fetch(`${url}/${report}`, { method: 'DELETE' });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(await response.json()).toEqual({
        error: 'DELETE is not allowed here; use GET, or POST on /graphql',
      });
    }
  });
});

describe('a page under a rebound DNS name', () => {
  /** Sends a GET as such a page can: with its own name as the Host, and any other headers. */
  async function get(url: string, path: string, host: string, headers: object = {}) {
    const { hostname, port } = new URL(url);
    const outgoing = request({ hostname, port, path, headers: { host, ...headers } }).end();
    const [response] = await once(outgoing, 'response');
    return { status: response.statusCode, body: await text(response) };
  }

  test('cannot read /metrics', async () => {
    const senti = await startSenti(configOf('--origins', 'http://senti.example:8000'));
    for (const headers of [{ 'user-agent': 'Mozilla/5.0' }, { 'user-agent': 'Prometheus/3' }]) {
      const { status, body } = await get(senti.url, '/metrics', 'rebound.example:8000', headers);
      expect([status, body]).toEqual([403, expect.stringContaining('--origins')]);
    }
    const foreign = { origin: 'http://evil.example' };
    expect((await get(senti.url, '/metrics', 'localhost', foreign)).status).toBe(403);
    expect(senti.warnings.join('')).toContain('rebound.example');
    for (const host of [
      '127.0.0.1:8000',
      '[::1]',
      '192.0.2.5:80',
      'localhost',
      'senti.example:8000',
    ]) {
      expect([host, (await get(senti.url, '/metrics', host)).status]).toEqual([host, 200]);
    }
  });

  test('cannot read /metrics where a token is required, while a scraper with a token can under any name', async () => {
    const { url } = await startSenti(withTokens());
    const token = { authorization: `Bearer ${TOKEN}` };
    expect((await get(url, '/metrics', 'senti.example')).status).toBe(401);
    expect((await get(url, '/metrics', 'senti.example', token)).status).toBe(200);
  });

  test('gets from /ready and /health what a probe needs, and nothing about the source', async () => {
    const { url, source } = await startSenti();
    source.become({ name: 'waiting', reason: 'a secret', until: 5 });
    expect(await get(url, '/ready', 'rebound.example')).toEqual({
      status: 503,
      body: '{"ready":false}\n',
    });
    expect(await get(url, '/health', 'rebound.example')).toEqual({
      status: 200,
      body: '{"status":"alive"}\n',
    });
    expect((await get(url, '/ready', '10.0.0.7:8000')).body).toContain('a secret');
  });
});

describe('a request', () => {
  /** Sends bytes and resolves with everything received until the server closes the connection. */
  async function exchange(url: string, text: string): Promise<string> {
    const { port, hostname } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    socket.destroy();
    return answer;
  }

  test.each(['[', '%', 'a b'])('to the host %j is answered with 400', async (host) => {
    const { url } = await startSenti();
    const answer = await exchange(
      url,
      `GET /graphql HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('at ');
  });

  test('over HTTP/1.1 without a Host is told so, and its connection closes', async () => {
    const { url } = await startSenti();
    const answer = await exchange(url, 'GET /health HTTP/1.1\r\n\r\n'.repeat(2));
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*connection: close\r\n/s);
    expect(answer.match(/The Host header is missing/g)).toHaveLength(1);
  });

  test('over HTTP/1.0 may lack a Host, as those of load balancers do, but then learns nothing private', async () => {
    const senti = await startSenti();
    const { url } = senti;
    const get = (path: string) => exchange(url, `GET ${path} HTTP/1.0\r\n\r\n`);
    for (const path of ['/health', '/ready', '/']) {
      expect([path, await get(path)]).not.toEqual([path, expect.stringMatching(/^HTTP\/1\.1 4/)]);
    }
    expect(await get('/ready')).toMatch(/\{"ready":true\}\n$/);
    for (const path of ['/metrics', '/graphql?query=%7B__typename%7D']) {
      expect([path, await get(path)]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 403 /)]);
    }
    expect(senti.warnings.join('')).toContain('/metrics for a page of an unknown host');
    const body = '{"query":"{ __typename }"}';
    const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    expect(await exchange(url, `POST /graphql HTTP/1.0\r\n${head}${body}`)).toContain('"Query"');
  });

  test.each([
    ['GET', '/track', '*/*', ''],
    ['POST', '/graphql', 'text/event-stream', 'coffee'],
    ['POST', '/graphql', 'text/event-stream', 'the'],
    ['POST', '/graphql', ACCEPT_PARTS, 'coffee'],
    ['POST', '/graphql', 'multipart/mixed', ''],
  ])('by %s of %s for %s has its connection closed if it asks for that: %s', async (...asked) => {
    const [method, path, accept, track] = asked;
    const { url } = await startSenti();
    const headers = { accept, 'content-type': 'application/json', connection: 'close' };
    const outgoing = request(`${url}${path}`, { method, headers });
    onTestFinished(() => void outgoing.destroy());
    const subscription = `subscription { sentiment(track: "${track}") { score } }`;
    outgoing.end(JSON.stringify({ query: track === '' ? '{ __typename }' : subscription }));
    const [response] = await once(outgoing, 'response');
    response.on('error', () => {});
    expect(response.headers.connection).toMatch(/\bclose$/);
  });

  test('may use the absolute form of its target', async () => {
    const { url } = await startSenti();
    const answer = await exchange(
      url,
      `GET ${url}/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test.each(['localhost', 'localhost:8000', 'x'])(
    'may use the absolute form for GraphQL with the Host %s',
    async (host) => {
      const { url } = await startSenti(configOf('--origins', 'http://x'));
      const answer = await exchange(
        url,
        `GET http://x/graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).toContain('{"data":{"__typename":"Query"}}');
    },
  );

  test('among too many pipelined ones closes its connection, and no other', async () => {
    const { url, socketUrl } = await startSenti();
    const other = new WebSocket(`${socketUrl}/track`);
    await once(other, 'open');
    const stream = `{"query":"subscription { sentiment(track: \\"coffee\\") { score } }"}`;
    const one =
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `Accept: text/event-stream\r\nContent-Length: ${stream.length}\r\n\r\n${stream}`;
    await exchange(url, one.repeat(100)).catch((error) => {
      if (error.code !== 'ECONNRESET') throw error;
    });
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('senti_rejections_total{reason="pipelined"} 1\n');
    expect(other.readyState).toBe(WebSocket.OPEN);
    other.terminate();
  });

  test('with an unknown Expect header is admitted like any other', async () => {
    const { url } = await startSenti(
      configOf('--trust-proxy', '127.0.0.1', '--max-attempts-per-address', '1'),
    );
    const one =
      'GET /health HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nExpect: x\r\n' +
      'Connection: close\r\n\r\n';
    expect(await exchange(url, one)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchange(url, one)).toMatch(/^HTTP\/1\.1 429 /);
  });

  test('for a WebSocket closes its connection when rejected, even if the client keeps its half open', async () => {
    // The clock stands still, so the rejection itself closes the connection, and no timeout.
    const { url } = await startSenti(undefined, new FakeClock());
    const { port, hostname } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    let isClosed = false;
    socket.on('error', () => {
      isClosed = true;
    });
    socket.write(
      'GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    await once(socket, 'end');
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    await until(() => {
      socket.write('still here?');
      return isClosed;
    }, 'the connection is gone');
  });

  test('that offers HTTP/2 is answered over HTTP/1.1', async () => {
    const { url } = await startSenti();
    const body = '{"query":"{ __typename }"}';
    const answer = await exchange(
      url,
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n' +
        'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toContain('{"data":{"__typename":"Query"}}');
  });

  test('that its client abandons is not logged as an error', async () => {
    const { url, warnings } = await startSenti();
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    const head = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/graphql\r\n';
    // The server has read the first half once it asks for the second.
    socket.write(`${head}Content-Length: 99\r\nExpect: 100-continue\r\n\r\n{"query":`);
    await once(socket, 'data');
    socket.resetAndDestroy();
    await once(socket, 'close');
    for (let i = 0; i < 3; i++) await fetch(`${url}/health`);
    expect(warnings).toEqual([]);
  });

  test('with a body above 64 KiB is rejected with 413', async () => {
    const { url } = await startSenti();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(64 * 1024) } }),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_REACHED' } }],
    });
  });
});

describe('an origin', () => {
  const own = (url: string) => url;
  const cases: readonly [string, (url: string) => string, boolean][] = [
    ["the server's own", own, true],
    ['localhost on another port', () => 'http://localhost:3000', true],
    ['a listed one', () => 'https://app.example.com', true],
    ['a foreign one', () => 'https://evil.example', false],
    ['a listed host on another port', () => 'https://app.example.com:444', false],
    ['a name that looks like loopback', () => 'http://localhost.evil.example', false],
    ['a file', () => 'null', false],
  ];

  test.each(cases)('%s gets the same answer on every surface', async (_, make, allowed) => {
    const { url, socketUrl } = await startSenti(
      configOf('--origins', 'https://app.example.com, https://b.example'),
    );
    const origin = make(url);
    const query = { query: '{ __typename }' };
    for (const accept of ['application/json', 'text/event-stream']) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, origin },
        body: JSON.stringify(query),
      });
      expect(response.status).toBe(allowed ? 200 : 403);
      expect(response.headers.get('access-control-allow-origin')).toBe(allowed ? origin : null);
      await response.text();
    }
    for (const [path, protocol] of [
      ['/graphql', 'graphql-transport-ws'],
      ['/track', undefined],
    ] as const) {
      const socket = new WebSocket(`${socketUrl}${path}`, protocol, { origin });
      await once(socket, 'open');
      if (allowed) socket.terminate();
      const [code] = await once(socket, 'close');
      expect(code).toBe(allowed ? 1006 : 1008);
    }
  });
});

describe('a WebSocket', () => {
  test('on an unknown path is rejected with 404', async () => {
    const { socketUrl } = await startSenti();
    const socket = new WebSocket(`${socketUrl}/elsewhere`);
    const [error] = await once(socket, 'error');
    expect(error.message).toContain('404');
  });

  test('with a message above 64 KiB is closed with 1009', async () => {
    const { socketUrl } = await startSenti();
    const socket = new WebSocket(`${socketUrl}/track`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ track: 'x'.repeat(64 * 1024) }));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
  });

  test('that breaks its protocol or its handshake disturbs no other', async () => {
    const { url, socketUrl } = await startSenti();
    const { port, hostname } = new URL(url);
    const other = new WebSocket(`${socketUrl}/track`);
    await once(other, 'open');
    for (const path of ['/graphql', '/track', '/elsewhere']) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
          'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
      );
      socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
      socket.resume();
      await once(socket, 'close');
    }
    expect(other.readyState).toBe(WebSocket.OPEN);
    other.terminate();
  });
});
