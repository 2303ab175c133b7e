// Without a valid token no surface admits a client; when a token expires, everything opened with it is closed.

import { once } from 'node:events';
import { type Client, createClient } from 'graphql-ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { SentimentDocument } from '../../../schema/operations.ts';
import { connectTrack, run } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ACCEPTS } from '../../support/http-stream.ts';
import { connectRaw } from '../../support/raw-socket.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { createIssuer, OTHER_TOKEN, TOKEN, withKeys, withTokens } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';

const SUBSCRIPTION = 'subscription { sentiment(track: "coffee") { post { id } } }';
const GRAPHQL = 'application/graphql-response+json';

function ask(
  { url }: Pick<Senti, 'url'>,
  headers: Record<string, string> = {},
  query = '{ __typename }',
) {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** Creates a graphql-ws client that sends `payload` in connection_init. `closed` resolves when its socket closes. */
function connect(
  { socketUrl }: Senti,
  payload?: Record<string, unknown>,
  headers: Record<string, string> = {},
): { client: Client; closed: Promise<Closed> } {
  const client = createClient({
    url: `${socketUrl}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { headers });
      }
    },
    retryAttempts: 0,
    ...(payload && { connectionParams: payload }),
  });
  onTestFinished(async () => void (await client.dispose()));
  const closed = new Promise<Closed>((resolve) => {
    client.on('closed', (event) => resolve(event as Closed));
  });
  return { client, closed };
}

/** Attempts a handshake and returns 101, or the status, challenge and reason of its rejection. */
async function handshake({ socketUrl }: Senti, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${socketUrl}${path}`, { headers });
  onTestFinished(() => socket.terminate());
  const opened = once(socket, 'open').then(() => [101]);
  const rejected = once(socket, 'unexpected-response').then(async ([, response]) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    return [response.statusCode, response.headers['www-authenticate'], JSON.parse(text).error];
  });
  return Promise.race([opened, rejected]);
}

describe('without a token', () => {
  test.each(['application/json', GRAPHQL, '*/*', ...Object.values(ACCEPTS)])(
    'a POST that accepts %s gets 401, a challenge and an error',
    async (accept) => {
      const senti = await startSenti(withTokens());
      for (const authorization of ['', 'Basic YTpi', 'Bearer']) {
        const response = await ask(senti, { accept, authorization }, SUBSCRIPTION);
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        const type = accept.includes(GRAPHQL) ? GRAPHQL : 'application/json';
        expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
        const message =
          'This server asks for a token; send it in a header "Authorization: Bearer <token>".';
        expect(await response.json()).toEqual({
          errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }],
        });
      }
      expect(senti.source.wanted).toEqual([]);
    },
  );

  test('GET and HEAD get 401, and a token in the URL is ignored', async () => {
    const senti = await startSenti(withTokens());
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${senti.url}/graphql?query={__typename}&token=${TOKEN}`, {
        method,
      });
      expect(response.status).toBe(401);
    }
  });

  test.each([
    undefined,
    {},
    { authorization: '' },
    { authorization: null },
    { authorization: [TOKEN] },
    { authorization: { toString: TOKEN } },
    { token: TOKEN },
  ])(
    'a graphql-ws socket whose connection_init has the payload %j is closed with 4403',
    async (payload) => {
      const senti = await startSenti(withTokens());
      const { client, closed } = connect(senti, payload);
      await expect(run(client, SentimentDocument, { track: 'coffee' }).next()).rejects.toBeTruthy();
      const { code, reason } = await closed;
      expect(code).toBe(4403);
      expect(reason).toMatch(/^Th(is server asks for a token|is token is none)/);
      expect(senti.source.wanted).toEqual([]);
    },
  );

  test('a graphql-ws socket that subscribes before connection_init is closed with 4401', async () => {
    const senti = await startSenti(withTokens());
    const socket = new WebSocket(`${senti.socketUrl}/graphql`, 'graphql-transport-ws', {
      headers: bearer(TOKEN),
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION } }));
    const [code, reason] = await once(socket, 'close');
    expect(code).toBe(4401);
    expect(String(reason)).toContain('send {"type":"connection_init"} first');
  });

  test('/track is rejected before the handshake', async () => {
    const senti = await startSenti(withTokens());
    for (const path of ['/track', '/track?token=', '/track?Token=x', '/track?track=coffee']) {
      expect(await handshake(senti, path)).toEqual([
        401,
        'Bearer',
        'This server asks for a token; send it in a header "Authorization: Bearer <token>", ' +
          'or as /track?token=<token>.',
      ]);
    }
  });

  test('/track closes the socket of a page with 1008, as a page cannot read a rejection', async () => {
    const senti = await startSenti(withTokens());
    const options = { origin: 'http://localhost:3000' };
    const socket = new WebSocket(`${senti.socketUrl}/track`, options);
    socket.once('open', () => socket.send('{"track": "coffee"}'));
    const [code, reason] = await once(socket, 'close');
    expect(code).toBe(1008);
    expect(String(reason)).toMatch(/^This server asks for a token; send it in a header/);
    expect(senti.source.wanted).toEqual([]);
  });

  test('/metrics answers 401, and serves the metrics once a token is sent', async () => {
    const { url } = await startSenti(withTokens());
    const rejected = await fetch(`${url}/metrics`);
    expect([rejected.status, rejected.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await rejected.text()).not.toContain('senti_');
    const answered = await fetch(`${url}/metrics`, { headers: bearer(TOKEN) });
    expect([answered.status, await answered.text()]).toEqual([
      200,
      expect.stringContaining('senti_'),
    ]);
  });

  test('public pages and health reports stay available', async () => {
    const { url } = await startSenti(withTokens());
    for (const path of ['/', '/health', '/ready', '/graphql']) {
      const response = await fetch(`${url}${path}`, { headers: { accept: 'text/html' } });
      expect([path, response.status]).toEqual([path, 200]);
      await response.text();
    }
  });

  test('a browser may still send its preflight', async () => {
    const { url } = await startSenti(withTokens());
    const response = await fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization');
  });

  test('a page of an allowed origin can read the reason', async () => {
    const senti = await startSenti(withTokens());
    const response = await ask(senti, { origin: 'http://localhost:3000' });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
  });
});

describe('a wrong token', () => {
  test.each([
    'wrong-token',
    TOKEN.slice(0, -1),
    `${TOKEN}x`,
    TOKEN.toUpperCase(),
    `${TOKEN},${OTHER_TOKEN}`,
  ])('is rejected on every surface: %s', async (token) => {
    const senti = await startSenti(withTokens());
    const response = await ask(senti, bearer(token));
    const message = 'The token is unknown; ask the operator for a valid one.';
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer error="invalid_token", error_description="${message}"`,
    );
    expect(await response.json()).toMatchObject({ errors: [{ message }] });
    for (const { client, closed } of [
      connect(senti, bearer(token)),
      connect(senti, undefined, bearer(token)),
    ]) {
      await expect(run(client, SentimentDocument, { track: 'a' }).next()).rejects.toBeTruthy();
      expect(await closed).toMatchObject({ code: 4403, reason: message });
    }
    const rejected = [401, expect.stringContaining('invalid_token'), message];
    expect(await handshake(senti, '/track', bearer(token))).toEqual(rejected);
    expect(await handshake(senti, `/track?token=${encodeURIComponent(token)}`)).toEqual(rejected);
    expect(senti.source.wanted).toEqual([]);
  });
});

describe('a valid token', () => {
  test.each([TOKEN, OTHER_TOKEN])('is accepted on every surface: %s', async (token) => {
    const senti = await startSenti(withTokens());
    for (const authorization of [`Bearer ${token}`, `bearer ${token}`, `BEARER   ${token}`]) {
      expect((await ask(senti, { authorization })).status).toBe(200);
    }
    const get = await fetch(`${senti.url}/graphql?query={__typename}`, { headers: bearer(token) });
    expect(get.status).toBe(200);
    for (const [payload, headers] of [
      [{ authorization: `Bearer ${token}` }],
      [{ Authorization: `bearer ${token}` }],
      [{ AUTHORIZATION: token, other: 1 }],
      [undefined, bearer(token)],
      [{}, bearer(token)],
      // Apollo Router.
      [{ connectionParams: { token: `Bearer ${token}` } }, bearer(token)],
    ] as const) {
      const { client } = connect(senti, payload, headers);
      const events = client.iterate({ query: '{ __typename }' });
      expect((await events.next()).value).toEqual({ data: { __typename: 'Query' } });
    }
    expect(await handshake(senti, '/track', bearer(token))).toEqual([101]);
    expect(await handshake(senti, `/track?token=${encodeURIComponent(token)}`)).toEqual([101]);
    expect(await handshake(senti, `/track?a=b&token=${token}`)).toEqual([101]);
  });

  test('in the handshake does not make up for a wrong one in connection_init', async () => {
    const senti = await startSenti(withTokens());
    const { client, closed } = connect(senti, bearer('wrong-token'), bearer(TOKEN));
    await expect(run(client, SentimentDocument, { track: 'a' }).next()).rejects.toBeTruthy();
    expect((await closed).code).toBe(4403);
  });

  test('does not admit an origin that is not allowed', async () => {
    const senti = await startSenti(withTokens());
    const headers = { ...bearer(TOKEN), origin: 'https://evil.example' };
    expect((await ask(senti, headers)).status).toBe(403);
    for (const path of ['/track', '/graphql']) {
      const socket = new WebSocket(`${senti.socketUrl}${path}`, { headers });
      const [code, reason] = await once(socket, 'close');
      expect([code, String(reason)]).toEqual([1008, expect.stringContaining('--origins')]);
    }
    expect(senti.source.wanted).toEqual([]);
  });
});

describe('a JWT that expires', () => {
  /** Shorter than the ping interval: clients do not answer pings while the test moves the clock. */
  const SECONDS = 4;
  const EXPIRED = 'The token has expired; connect again with a new one.';

  async function start() {
    const clock = new FakeClock();
    const issuer = await createIssuer(clock);
    const senti = await startSenti(withKeys(issuer.keys), clock);
    return { ...senti, clock, issuer };
  }

  test('ends every operation of a graphql-ws socket with an error, and closes the socket with 4403', async () => {
    const senti = await start();
    const { clock, issuer, source } = senti;
    const { client, closed } = connect(senti, bearer(await issuer.sign(SECONDS)));
    const streams = ['coffee', 'tea'].map((track) => run(client, SentimentDocument, { track }));
    const events = streams.map((stream) => stream.next());
    await until(() => source.wanted.at(-1)?.length === 2, 'both are wanted');
    source.say('coffee and tea');
    await Promise.all(events);
    clock.advance(SECONDS * 1000);
    for (const stream of streams) {
      expect((await stream.next()).value).toEqual({
        errors: [{ message: EXPIRED, extensions: { code: 'UNAUTHENTICATED' } }],
      });
      expect((await stream.next()).done).toBe(true);
    }
    expect(await closed).toMatchObject({ code: 4403, reason: EXPIRED });
    expect(source.state.name).toBe('idle');
  });

  test('closes an idle graphql-ws socket', async () => {
    const senti = await start();
    const { client, closed } = connect(senti, bearer(await senti.issuer.sign(SECONDS)));
    await client.iterate({ query: '{ __typename }' }).next();
    const { client: idle, closed: idleClosed } = connect(senti, undefined, {
      ...bearer(await senti.issuer.sign(SECONDS)),
    });
    const stream = run(idle, SentimentDocument, { track: 'tea' });
    const next = stream.next();
    await until(() => senti.source.state.name === 'live', 'tea is wanted');
    senti.clock.advance(SECONDS * 1000);
    expect((await next).value?.errors?.[0]?.message).toBe(EXPIRED);
    expect((await idleClosed).code).toBe(4403);
    // The first client had no operation left and closed its socket itself.
    expect((await closed).code).toBe(1000);
  });

  test.each([
    ['SSE', /^data: ?(.+)$/gm],
    ['multipart', /^(\{.+\})\r$/gm],
  ] as const)('ends a stream over %s with an error as its last result', async (stream, json) => {
    const senti = await start();
    const { clock, issuer, source } = senti;
    const headers = { ...bearer(await issuer.sign(SECONDS)), accept: ACCEPTS[stream] };
    const response = await ask(senti, headers, SUBSCRIPTION);
    await until(() => source.state.name === 'live', 'the source is live');
    source.say('coffee');
    const text = response.text();
    clock.advance(SECONDS * 1000);
    const results = [...(await text).matchAll(json)].map(([, result]) => JSON.parse(result ?? ''));
    const data = { sentiment: { post: { id: '0' } } };
    const errors = [{ message: EXPIRED, extensions: { code: 'UNAUTHENTICATED' } }];
    expect(results).toEqual(
      stream === 'SSE'
        ? [{ data }, { errors }]
        : [{ payload: { data } }, { payload: null, errors }],
    );
    expect(source.state.name).toBe('idle');
  });

  test.each(['header', 'URL'])(
    'closes a /track socket that sent it in the %s with 1008',
    async (place) => {
      const senti = await start();
      const { clock, issuer, source } = senti;
      const token = await issuer.sign(SECONDS);
      const client =
        place === 'header'
          ? await connectTrack(senti.socketUrl, { headers: bearer(token) })
          : await connectTrack(senti.socketUrl, {}, `?token=${token}`);
      client.send({ track: 'coffee' });
      await until(() => source.state.name === 'live', 'the source is live');
      clock.advance(SECONDS * 1000);
      expect(await client.closed).toEqual({ code: 1008, reason: EXPIRED });
      expect(source.state.name).toBe('idle');
    },
  );

  test('is rejected from then on', async () => {
    const senti = await start();
    const token = await senti.issuer.sign(SECONDS);
    expect((await ask(senti, bearer(token))).status).toBe(200);
    senti.clock.advance(SECONDS * 1000);
    const response = await ask(senti, bearer(token));
    expect([response.status, await response.json()]).toMatchObject([
      401,
      { errors: [{ message: EXPIRED }] },
    ]);
    expect(await handshake(senti, `/track?token=${token}`)).toEqual([
      401,
      expect.stringContaining('invalid_token'),
      EXPIRED,
    ]);
  });

  test('leaves no timer behind once its socket or stream has closed', async () => {
    const senti = await start();
    const headers = bearer(await senti.issuer.sign(3600));
    const pending = senti.clock.pending;
    const track = await connectTrack(senti.socketUrl, { headers });
    const { client } = connect(senti, undefined, headers);
    const events = run(client, SentimentDocument, { track: 'tea' });
    void events.next();
    const stream = await ask(senti, { ...headers, accept: 'text/event-stream' }, SUBSCRIPTION);
    await until(() => senti.source.wanted.at(-1)?.length === 2, 'both are wanted');
    expect(senti.clock.pending).toBeGreaterThan(pending);
    track.socket.close();
    await client.dispose();
    await stream.body?.cancel();
    await until(() => senti.clock.pending === pending, 'no timer is left');
  });
});

test('a server with tokens and JWTs accepts both', async () => {
  const clock = new FakeClock();
  const issuer = await createIssuer(clock);
  const senti = await startSenti(withKeys(issuer.keys, withTokens()), clock);
  for (const token of [TOKEN, await issuer.sign(60)]) {
    expect((await ask(senti, bearer(token))).status).toBe(200);
  }
  expect((await ask(senti, bearer('wrong-token'))).status).toBe(401);
});

describe('a server that other machines can reach', () => {
  const WARNING = 'set AUTH_TOKENS or --auth-jwks';

  test('warns once if it requires no token', async () => {
    const { warnings } = await startSenti(configOf('--host', '0.0.0.0'));
    expect(warnings.filter((line) => line.includes(WARNING)).length).toBe(1);
  });

  test('does not warn if it requires one, or if only this machine can reach it', async () => {
    const authenticated = await startSenti(withTokens(configOf('--host', '0.0.0.0')));
    const local = await startSenti(configOf('--host', '127.0.0.1'));
    expect([...authenticated.warnings, ...local.warnings]).toEqual([]);
  });
});

test('no log line contains a token, at any level', async () => {
  const clock = new FakeClock();
  const issuer = await createIssuer(clock);
  let broken = false;
  const senti = await startSenti(
    { ...withKeys(issuer.keys, withTokens()), logLevel: 'trace' },
    clock,
    (source) =>
      Object.defineProperty(source, 'usage', {
        get() {
          if (broken) throw new Error('this is logged');
          return undefined;
        },
      }),
  );
  broken = true;
  const jwt = await issuer.sign(60);
  const tokens = [TOKEN, OTHER_TOKEN, jwt, 'a-wrong-token', `${jwt}x`];
  for (const token of tokens) {
    for (const query of [
      '{ status { source { usage { postsToday } } } }',
      '{ nothing',
      SUBSCRIPTION,
    ]) {
      await (await ask(senti, { ...bearer(token), accept: GRAPHQL }, query)).text();
      const { client } = connect(senti, bearer(token));
      await client.iterate({ query }).return?.();
    }
    await fetch(`${senti.url}/graphql?token=${token}`);
    await fetch(`${senti.url}/track?token=${token}`);
    await handshake(senti, `/track?token=${token}`, { origin: 'https://evil.example' });
    await handshake(senti, `/elsewhere?token=${token}`);
    if ((await handshake(senti, `/track?token=${token}`))[0] !== 101) continue;
    // An invalid WebSocket frame.
    const raw = await connectRaw(senti, `/track?token=${token}`);
    raw.socket.write(Buffer.from([0xff, 0xff, 0xff]));
    await once(raw.socket, 'close');
  }
  await senti.close();
  const log = senti.log.join('');
  expect(log).toContain('this is logged');
  expect(log).toContain('"level":20');
  for (const token of tokens) expect(log).not.toContain(token);
  expect(log).not.toContain(jwt.split('.')[2]);
});
