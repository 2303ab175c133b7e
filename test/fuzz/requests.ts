// Sessions over HTTP: requests that are well-formed HTTP, and some that are not.

import type { Dice } from './dice.ts';
import { cutUp } from './frames.ts';
import { brokenJson, jsonValue } from './json.ts';
import { oddOperation, oddRequest } from './operations.ts';
import type { Session } from './session.ts';
import { HOSTILE_NAMES, ODD_TEXTS } from './texts.ts';

const MAX_REQUESTS = 24;
const JSON_TYPE = 'application/json';
const TYPES = [
  'application/json; charset=latin1',
  'application/json;;',
  'application/graphql',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  'application/JSON ; a="',
  '',
];
const ACCEPTS = [
  '*/*',
  'application/graphql-response+json',
  'multipart/mixed',
  'text/html',
  'image/*;q=9',
  ',;',
];
const PATHS = ['/', '/health', '/ready', '/metrics', '/assets/', '/track', '/nothing', '/graphql/'];
const ODD_PATHS = [
  '//graphql',
  '/graphql/../graphql',
  '/%67raphql',
  '/graphql%00',
  '/graphql?query=%',
  '/graphql?query={__typename}&query={a}&__proto__=1',
  '/?__proto__[a]=1',
  'http://a/graphql',
  'http://a/b/../graphql?query={__typename}',
  'http://[::1/graphql',
  'http://a:99999/graphql',
  '/..%2f..%2fetc/passwd',
  '*',
];
const METHODS = ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY'];
const ODD_HEADERS = [
  'Origin: null',
  'Origin: https://evil.example',
  'Origin: http://[',
  'Host: [',
  'Host: a b',
  'Host: localhost:8000',
  'Content-Encoding: gzip',
  'Authorization: Bearer ',
  'Cookie: __proto__=1',
  'X-Forwarded-For: , ,::1, 1.2.3.4.5',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: \u00ff',
  'Range: bytes=5-1,-9',
  'If-None-Match: *',
  'Expect: 100-continue',
  'Access-Control-Request-Method: DELETE',
  'Access-Control-Request-Headers: a,,b',
  'Accept-Encoding: gzip;q=1e9',
  'Accept-Language: __proto__',
  `X-Long: ${'x'.repeat(4000)}`,
  ...HOSTILE_NAMES.map((name) => `${name}: ${name}`),
];

/** A session of queries and other requests one after another on one connection. */
export function requestSession(dice: Dice): Session {
  const parts = dice.some(1, MAX_REQUESTS, () => oddHttp(dice));
  const broken = dice.chance(0.2);
  if (broken) parts.push(brokenHttp(dice));
  const inputs = parts.length;
  // The server closes the connection after this answer, so it has answered the others by then.
  if (!broken)
    parts.push(Buffer.from('GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
  const after = dice.chance(0.1) ? dice.pick(['hang up', 'vanish'] as const) : undefined;
  return {
    surface: 'post',
    inputs,
    writes: cutUp(dice, parts),
    after: after ?? (broken ? 'linger' : 'wait'),
  };
}

/** One request for a stream, which may stay open. */
export function streamSession(dice: Dice): Session {
  const body = dice.chance(0.9) ? oddRequest(dice) : brokenJson(dice);
  const accept = dice.pick(['text/event-stream', 'multipart/mixed;subscriptionSpec=1.0']);
  const request = post(body, [
    `Accept: ${accept}`,
    `Content-Type: ${JSON_TYPE}`,
    'Connection: close',
  ]);
  return { surface: 'sse', inputs: 1, writes: [request], after: 'linger' };
}

function oddHttp(dice: Dice): Buffer {
  const headers = dice.chance(0.2) ? [dice.pick(ODD_HEADERS)] : [];
  if (dice.chance(0.12)) return elsewhere(dice, headers);
  const accept = dice.chance(0.8) ? JSON_TYPE : dice.pick(ACCEPTS);
  const type = dice.chance(0.9) ? JSON_TYPE : dice.pick(TYPES);
  headers.push(`Accept: ${accept}`, `Content-Type: ${type}`);
  return post(dice.chance(0.85) ? oddQuery(dice) : oddBody(dice), headers, dice.chance(0.1));
}

/** No subscription: its answer would never end, and the requests behind it would wait. */
function oddQuery(dice: Dice): string {
  const request = oddRequest(dice);
  return request.includes('subscription') ? request.replace('subscription', 'query') : request;
}

function oddBody(dice: Dice): string {
  if (dice.chance(0.5)) return dice.chance(0.5) ? brokenJson(dice) : jsonValue(dice);
  return dice.chance(0.7) ? `[${oddQuery(dice)}]` : encodeURIComponent('query={__typename}');
}

function elsewhere(dice: Dice, headers: readonly string[]): Buffer {
  const method = dice.chance(0.5) ? 'GET' : dice.pick(METHODS);
  const query = encodeURIComponent(
    oddOperation(dice).toWellFormed().replace('subscription', 'query'),
  );
  const path = dice.chance(0.3) ? `/graphql?query=${query}` : dice.pick([...PATHS, ...ODD_PATHS]);
  return Buffer.from([`${method} ${path} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n'));
}

function post(body: string, headers: readonly string[], chunked = false): Buffer {
  const bytes = Buffer.from(body);
  const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`;
  const host = headers.some((header) => header.startsWith('Host')) ? [] : ['Host: localhost'];
  const head = ['POST /graphql HTTP/1.1', ...host, ...headers, framing, '', ''].join('\r\n');
  if (!chunked) return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
  const half = Math.ceil(bytes.length / 2);
  const chunks = [bytes.subarray(0, half), bytes.subarray(half)].filter(({ length }) => length > 0);
  const written = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)};odd="x"\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([
    Buffer.from(head, 'latin1'),
    ...written,
    Buffer.from('0\r\nX-Trailer: 1\r\n\r\n'),
  ]);
}

/** Invalid or incomplete HTTP. Each ends its connection. */
function brokenHttp(dice: Dice): Buffer {
  const head = 'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const broken = dice.pick<() => string | Buffer>([
    () =>
      `${head}Content-Length: ${dice.pick(['-1', '1e3', '9'.repeat(30), '2, 3', '0x10', ''])}\r\n\r\n{}`,
    () => `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    () => `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    () => `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    () =>
      `${head}Transfer-Encoding: chunked\r\n\r\n${dice.pick(['xyz', '-1', 'f'.repeat(20), '5\r\nab'])}\r\n`,
    () => `${head}Content-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`,
    () => `${head}Transfer-Encoding: chunked\r\n\r\n2000\r\n${'x'.repeat(8192)}\r\n`,
    () => `${head}Content-Length: 50\r\n\r\n{"query":`,
    () => head.slice(0, dice.below(head.length)),
    () =>
      `${dice.pick(['BREW', 'get', 'PRI', '', 'A'.repeat(300), '\0'])} /graphql HTTP/1.1\r\n\r\n`,
    () => `GET / HTTP/${dice.pick(['0.9', '2.0', '9.9', '1', 'x'])}\r\nHost: a\r\n\r\n`,
    () => 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    () => `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(3000)}\r\n`,
    () =>
      `GET / HTTP/1.1\r\nHost: a\r\n${dice.pick(['no colon', ': a', 'a\0b: c', ' folded: x', 'ü: 1'])}\r\n\r\n`,
    () => 'GET / HTTP/1.1\r\n\r\n',
    () => `${head}Expect: the-unexpected\r\nContent-Length: 2\r\n\r\n{}`,
    () =>
      `GET ${dice.pick(PATHS)} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${dice.pick(['websocket', 'h2c', ''])}\r\n\r\n`,
    () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
    () => dice.bytes(1 + dice.below(200)),
    () => dice.pick(ODD_TEXTS),
  ])();
  return typeof broken === 'string' ? Buffer.from(broken, 'latin1') : broken;
}
