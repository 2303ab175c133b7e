// Requests that another page can make its user's browser send have no effect.

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { configOf, startSenti } from '../../support/senti.ts';
import { ticks } from '../../support/until.ts';

const QUERY = '{ __typename }';
const SUBSCRIPTION = 'subscription { sentiment(track: "coffee") { score } }';
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const BODY = JSON.stringify({ query: QUERY });

async function errorOf(response: Response) {
  const { errors } = (await response.json()) as {
    errors: [{ message: string; extensions: { code: string } }];
  };
  return [response.status, errors[0].extensions.code, errors[0].message];
}

describe('a POST', () => {
  test.each([
    'text/plain',
    'text/plain;charset=UTF-8',
    'text/plain; a=application/json',
    'text/plain, application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/jsonp',
    '',
  ])('of the type %j is rejected with 415, and says what would be right', async (type) => {
    const { url, source } = await startSenti();
    for (const body of [JSON.stringify({ query: SUBSCRIPTION }), `query=${SUBSCRIPTION}`]) {
      const response = await fetch(`${url}/graphql?query=${encodeURIComponent(SUBSCRIPTION)}`, {
        method: 'POST',
        headers: { accept: '*/*', ...(type && { 'content-type': type }) },
        body: new TextEncoder().encode(body),
      });
      expect(await errorOf(response)).toEqual([
        415,
        'BAD_REQUEST',
        `POST takes JSON; send the header "Content-Type: application/json". It was ${type || 'none'}.`,
      ]);
    }
    expect(source.wanted).toEqual([]);
  });

  test('that is compressed is rejected with 415, and says what would be right', async () => {
    const { url } = await startSenti();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(BODY),
    });
    expect(await errorOf(response)).toEqual([
      415,
      'BAD_REQUEST',
      'The body is compressed (gzip); send it as it is, without Content-Encoding.',
    ]);
  });

  test.each(['application/json', 'application/json; charset=utf-8'])(
    'of the type %s is answered',
    async (type) => {
      const { url } = await startSenti();
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: BODY,
      });
      expect(response.status).toBe(200);
    },
  );
});

test.each(['PUT', 'PATCH', 'DELETE'])(
  'a %s is rejected with 405, and says what would be right',
  async (method) => {
    const { url } = await startSenti();
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/graphql`, { method, headers, body: BODY });
    expect(response.headers.get('allow')).toBe('GET, POST');
    expect(await errorOf(response)).toEqual([
      405,
      'BAD_REQUEST',
      'This method is not allowed here; use GET or POST.',
    ]);
  },
);

describe('a GET', () => {
  const get = (url: string, query: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers });

  const forged: readonly [string, Record<string, string>][] = [
    ['an image of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a script of a neighbour', { 'sec-fetch-site': 'same-site', accept: '*/*' }],
    ['a stream of another site', { 'sec-fetch-site': 'cross-site', accept: 'text/event-stream' }],
    ['a browser over plain HTTP', { 'user-agent': BROWSER }],
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['a form of a page without an origin', { origin: 'null' }],
  ];
  test.each(forged)('as by %s is rejected, and nothing is tracked', async (_, headers) => {
    const { url, source } = await startSenti();
    for (const query of [QUERY, SUBSCRIPTION]) {
      const [status, code, message] = await errorOf(await get(url, query, headers));
      expect([status, code]).toEqual([403, 'FORBIDDEN']);
      expect(message).toMatch(/Origin|origin/);
    }
    await ticks(5);
    expect(source.wanted).toEqual([]);
  });

  test('of a page whose name was pointed at this machine is rejected, whatever it says it sends', async () => {
    const { url } = await startSenti();
    const { port, hostname } = new URL(url);
    const ask = async (host: string, agent = BROWSER) => {
      const socket = connect(Number(port), hostname);
      socket.write(
        `GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\n` +
          'Content-Type: application/json\r\nConnection: close\r\n\r\n',
      );
      let answer = '';
      for await (const chunk of socket) answer += chunk;
      return answer.slice('HTTP/1.1 '.length).slice(0, 3);
    };
    expect(await ask(`rebound.example:${port}`)).toBe('403');
    // Some browsers let a page say which browser it is in.
    expect(await ask(`rebound.example:${port}`, 'curl/8.14.1')).toBe('403');
    expect(await ask(`localhost:${port}`)).toBe('200');
    expect(await ask(`192.168.1.5:${port}`)).toBe('200');
  });

  const honest: readonly [string, Record<string, string>][] = [
    ['curl', { 'user-agent': 'curl/8.14.1', accept: '*/*' }],
    ["the server's own page", { 'user-agent': BROWSER, 'sec-fetch-site': 'same-origin' }],
    ['a person at the address bar', { 'user-agent': BROWSER, 'sec-fetch-site': 'none' }],
    [
      'an EventSource of a page that is let in',
      { 'user-agent': BROWSER, 'sec-fetch-site': 'cross-site', origin: 'http://localhost:3000' },
    ],
    [
      'a program that calls itself a browser and says what it sends',
      { 'user-agent': BROWSER, 'content-type': 'application/json' },
    ],
  ];
  test.each(honest)('as by %s is answered, and can be a stream', async (_, headers) => {
    const { url, source } = await startSenti();
    expect((await get(url, QUERY, headers)).status).toBe(200);
    const stream = await get(url, SUBSCRIPTION, { ...headers, accept: 'text/event-stream' });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    expect(source.wanted).toEqual([['coffee']]);
    await stream.body?.cancel();
  });

  test('with variables that are no object is told so', async () => {
    const { url } = await startSenti();
    const search = new URLSearchParams({ query: QUERY, variables: '5' });
    const response = await fetch(`${url}/graphql?${search}`);
    expect(await errorOf(response)).toEqual([
      400,
      'BAD_REQUEST',
      '"variables" is of the type number; send an object, or leave it out.',
    ]);
  });

  test('cannot be a mutation', async () => {
    const { url } = await startSenti();
    const response = await get(url, 'mutation { anything }', { accept: 'application/json' });
    expect(await errorOf(response)).toEqual([
      405,
      'BAD_REQUEST',
      'A GET cannot run a mutation, and this server has none; send a query or subscription.',
    ]);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('of a browser for the page shows GraphiQL, from wherever the link to it was', async () => {
    const { url, source } = await startSenti();
    const response = await get(url, SUBSCRIPTION, {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'user-agent': BROWSER,
      'sec-fetch-site': 'cross-site',
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(source.wanted).toEqual([]);
  });

  test('for the page is no way round when there is no GraphiQL', async () => {
    const { url, source } = await startSenti(configOf('--graphiql=false'));
    const headers = { accept: 'text/html,*/*', 'sec-fetch-site': 'cross-site' };
    expect((await get(url, SUBSCRIPTION, headers)).status).toBe(403);
    expect(source.wanted).toEqual([]);
  });
});

describe('CORS', () => {
  const ALLOWED = 'https://app.example.com';

  function ask(url: string, method: string, origin: string | undefined, headers = {}) {
    return fetch(`${url}/graphql`, {
      method,
      headers: { ...(origin !== undefined && { origin }), ...headers },
      ...(method === 'POST' && { body: BODY }),
    });
  }
  const corsOf = (response: Response) =>
    Object.fromEntries(
      [...response.headers].filter(([name]) => /^(access-control-|vary$|allow$)/.test(name)),
    );
  const PREFLIGHT = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  };

  test('lets an origin that is let in ask before it sends JSON and a token, without credentials', async () => {
    const { url } = await startSenti(configOf('--origins', ALLOWED));
    const response = await ask(url, 'OPTIONS', ALLOWED, PREFLIGHT);
    expect(response.status).toBe(204);
    expect(corsOf(response)).toEqual({
      'access-control-allow-origin': ALLOWED,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization,content-type',
      vary: 'Origin, Access-Control-Request-Headers',
      allow: 'GET, POST, OPTIONS',
    });
  });

  test.each(['https://evil.example', 'https://app.example.com.evil.example', 'null'])(
    'tells %s nothing, before it asks and when it does',
    async (origin) => {
      const { url } = await startSenti(configOf('--origins', ALLOWED));
      const json = { 'content-type': 'application/json' };
      for (const response of [
        await ask(url, 'OPTIONS', origin, PREFLIGHT),
        await ask(url, 'POST', origin, json),
        await ask(url, 'GET', origin),
      ]) {
        expect(response.status).toBe(403);
        expect(corsOf(response)).toEqual({ vary: 'Origin' });
      }
    },
  );

  test('lets a page read every answer that it gets, errors too', async () => {
    const { url } = await startSenti(configOf('--origins', ALLOWED));
    const json = { 'content-type': 'application/json' };
    for (const [response, status] of [
      [await ask(url, 'POST', ALLOWED, json), 200],
      [await ask(url, 'POST', ALLOWED, { 'content-type': 'text/plain' }), 415],
      [await ask(url, 'GET', ALLOWED, { accept: 'application/graphql-response+json' }), 400],
      [await ask(url, 'PUT', ALLOWED), 405],
    ] as const) {
      expect(response.status).toBe(status);
      const { allow: _, ...cors } = corsOf(response);
      expect(cors).toEqual({ 'access-control-allow-origin': ALLOWED, vary: 'Origin' });
    }
  });

  test('names no origin to a client without one', async () => {
    const { url } = await startSenti();
    const response = await ask(url, 'POST', undefined, { 'content-type': 'application/json' });
    expect([response.status, corsOf(response)]).toEqual([200, { vary: 'Origin' }]);
  });

  test('is for /graphql alone: no page of another origin can read what else there is', async () => {
    const { url } = await startSenti(configOf('--origins', ALLOWED));
    for (const path of ['/', '/health', '/ready']) {
      const response = await fetch(`${url}${path}`, { headers: { origin: ALLOWED } });
      expect(response.headers.get('access-control-allow-origin')).toBe(null);
    }
  });
});
