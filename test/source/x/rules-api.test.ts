import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ApiFailure, MAX_ANSWER_BYTES } from '../../../src/source/x/api-client.ts';
import { createRulesApi } from '../../../src/source/x/rules-api.ts';
import { createCertificate } from '../../support/certificate.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const FILLER = Buffer.alloc(64 * 1024, ' ');
/** More than the kernel's buffers hold beside what was read. */
const PLENTY = MAX_ANSWER_BYTES + 32 * MIB;

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Trusted in this file. */
const CERTIFICATE = createCertificate('x');
setDefaultCACertificates([CERTIFICATE.cert]);

async function serve(answer: Answer, isSecure = false) {
  let asked = 0;
  let closed = 0;
  const http = isSecure ? createSecureServer(CERTIFICATE) : createServer();
  http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    asked += 1;
    response.on('error', () => {});
    response.on('close', () => {
      closed += 1;
    });
    request.resume();
    answer(response, request);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const clock = new FakeClock();
  const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${(http.address() as AddressInfo).port}/2/`;
  const api = createRulesApi(url, 'token', clock);
  onTestFinished(() => {
    api.close();
    http.closeAllConnections();
    http.close();
  });
  return { api, clock, asked: () => asked, closed: () => closed };
}

function reasonOf(result: unknown): string {
  return result instanceof ApiFailure ? result.failure.reason : JSON.stringify(result);
}

/** Writes `chunk` again and again, up to `PLENTY` bytes. Resolves with the number of bytes that were taken. */
async function flood(to: Writable, chunk: string | Uint8Array): Promise<number> {
  let written = 0;
  function* chunks() {
    for (; written < PLENTY; written += chunk.length) yield chunk;
  }
  // The other end is expected to break off.
  await pipeline(Readable.from(chunks()), to).catch(() => {});
  return written;
}

const json = (response: ServerResponse, body: unknown) => response.end(JSON.stringify(body));

describe('an answer of X about rules', () => {
  test.each([
    ['a list', 200, 'list'],
    ['a failure', 500, 'list'],
    ['too many requests', 429, 'list'],
    ['an addition', 201, 'add'],
    ['rules that X does not take', 400, 'add'],
    ['a removal', 200, 'remove'],
  ] as const)('that is %s is broken off if it does not end', async (_, status, what) => {
    let written: Promise<number> | undefined;
    const { api } = await serve((response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      // Valid JSON, which must not pass for the whole answer.
      response.write('{"data":[]}');
      written = flood(response, FILLER);
    });
    const result = await {
      list: api.list,
      add: () => api.add(['a'], ''),
      remove: () => api.remove(['1']),
    }[what]();
    expect(reasonOf(result)).toBe("X's answer is longer than 8 MiB");
    expect(await written).toBeLessThan(PLENTY);
  });

  test('that does not end is broken off over TLS too, and one that ends is read', async () => {
    const { api, asked } = await serve((response) => {
      if (asked() === 1) json(response, { data: [{ id: '1', value: 'a' }] });
      else void flood(response, FILLER);
    }, true);
    expect(await api.list()).toEqual([{ id: '1', value: 'a' }]);
    expect(reasonOf(await api.list())).toBe("X's answer is longer than 8 MiB");
  });

  test('that is preceded by endless interim answers is broken off', async () => {
    const promises = 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(2500);
    let written: Promise<number> | undefined;
    const { api } = await serve(({ socket }) => {
      if (socket !== null) written = flood(socket, promises);
    });
    expect(reasonOf(await api.list())).toBe("X's answer is longer than 8 MiB");
    expect(await written).toBeLessThan(PLENTY);
  });

  test.each(['head', 'body'])('that trickles is broken off in the %s', async (part) => {
    const { api, clock, asked, closed } = await serve((response) => {
      if (part === 'body') response.write('{"data":[],');
    });
    const listed = api.list();
    await until(() => asked() === 1);
    clock.advance(14_999);
    await setImmediate();
    expect(closed()).toBe(0);
    clock.advance(1);
    expect(reasonOf(await listed)).toBe('X does not answer');
    await until(() => closed() === 1);
  });

  test('that is compressed against our request is not decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB, ' '));
    const { api } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    expect(reasonOf(await api.list())).toBe('X answered with something unreadable');
  });

  test('that is deeply nested is no list and does no harm', async () => {
    const deep = `${'['.repeat(MIB)}${']'.repeat(MIB)}`;
    let body = '';
    const { api } = await serve((response) => response.end(body));
    for (body of [deep, `{"data":${deep}}`, `{"data":[{"id":${deep}}]}`, `{"errors":${deep}}`]) {
      expect(reasonOf(await api.add(['a'], ''))).toBeTypeOf('string');
      expect(reasonOf(await api.list())).toBeTypeOf('string');
    }
  });

  test('may have a thousand of the longest rules', async () => {
    const value = '語'.repeat(2048);
    const data = Array.from({ length: 1000 }, (_, n) => ({
      id: `${10 ** 18 + n}`,
      value,
      tag: 'senti:1',
    }));
    const { api } = await serve((response) => json(response, { data }));
    expect(await api.list()).toEqual(data);
  });
});

describe('a list of rules', () => {
  test.each([
    ['of empty pages', () => [], 100],
    [
      'of the shortest rules',
      () => Array.from({ length: 60_000 }, () => ({ id: '', value: '' })),
      2,
    ],
    ['of rules as long as an answer', () => [{ id: '1', value: 'x'.repeat(7 * MIB) }], 10],
  ])('that does not end, %s, fails with a reason', async (_, page, pages) => {
    const data = page();
    const { api, asked } = await serve((response) =>
      json(response, { data, meta: { next_token: 'more' } }),
    );
    expect(reasonOf(await api.list())).toBe("X's list of rules does not end");
    expect(asked()).toBe(pages);
  });

  test('ends at an empty token', async () => {
    const { api, asked } = await serve((response) => json(response, { meta: { next_token: '' } }));
    expect(await api.list()).toEqual([]);
    expect(asked()).toBe(1);
  });

  test('takes a page token of any characters', async () => {
    const { api, asked } = await serve((response) => {
      const next_token = asked() === 1 ? '\ud800\0 #&\u202e' : '';
      response.end(JSON.stringify({ meta: { next_token } }));
    });
    expect(await api.list()).toEqual([]);
    expect(asked()).toBe(2);
  });

  test('rejects a page token of any length', async () => {
    const { api, asked } = await serve((response) =>
      json(response, { meta: { next_token: 'x'.repeat(MIB) } }),
    );
    expect(reasonOf(await api.list())).toBe('X answered with something unreadable');
    expect(asked()).toBe(1);
  });

  test('is not read any further when Senti stops', async () => {
    const { api, asked } = await serve((response) => {
      if (asked() < 3) json(response, { meta: { next_token: 'more' } });
    });
    const listed = api.list();
    await until(() => asked() === 3);
    api.close();
    expect(await listed).toBeInstanceOf(ApiFailure);
    expect(reasonOf(await api.list())).toBe('Senti is stopping');
    expect(asked()).toBe(3);
  });
});
