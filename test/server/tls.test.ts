// TLS: every surface over https and wss, unusable files, and a change of certificate.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setDefaultCACertificates, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AnalyzeDocument, SentimentDocument, StatusDocument } from '../../schema/operations.ts';
import { STALLED_FOR } from '../../src/api/socket/outbox.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createCertificate, writeCertificate } from '../support/certificate.ts';
import { connectGraphQL, connectTrack, post, run } from '../support/clients.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { openStream } from '../support/http-stream.ts';
import { exitOf, listening, logged, start } from '../support/program.ts';
import { configOf, type Senti, startSenti } from '../support/senti.ts';
import { NO_FILES, tempFile } from '../support/temp-file.ts';
import { runOver, STREAMS } from '../support/transports.ts';
import { until } from '../support/until.ts';

const ONE = createCertificate('one');
const OTHER = createCertificate('other');
const FILLER = '#filler'.padEnd(4000, 'x');
/** More than the kernel's buffers hold for one connection, at 4 kB an event. */
const FLOOD = 4000;

// Every client in this file trusts these two certificates and no others.
setDefaultCACertificates([ONE.cert, OTHER.cert]);

function flags({ tlsCert, tlsKey }: { tlsCert: string; tlsKey: string }) {
  return ['--tls-cert', tlsCert, '--tls-key', tlsKey];
}

async function startSecure(clock: Clock = systemClock, ...argv: readonly string[]) {
  const files = writeCertificate(ONE);
  const senti = await startSenti(configOf(...flags(files), ...argv), clock);
  return { senti, files };
}

/** Returns the common name of the certificate that a new connection gets. */
async function nameAt(senti: Pick<Senti, 'url'>): Promise<unknown> {
  const socket = connectSecure(senti);
  await once(socket, 'secureConnect');
  return socket.getPeerCertificate().subject.CN;
}

async function flood({ source }: Senti): Promise<void> {
  for (let i = 0; i < FLOOD; i++) {
    source.say(`coffee ${FILLER}`);
    if (i % 50 === 0) await setImmediate();
  }
}

describe('a server with a certificate', () => {
  test('serves every surface over TLS', async () => {
    const { senti } = await startSecure(systemClock, '--own-port', '0');
    const { url, ownUrl, socketUrl, source } = senti;
    expect(url).toMatch(/^https:/);
    expect(ownUrl).toMatch(/^https:/);
    expect(ownUrl).not.toBe(url);
    for (const at of [url, ownUrl]) expect((await fetch(`${at}/health`)).status).toBe(200);
    expect((await fetch(url)).headers.get('content-type')).toContain('text/html');
    const analysis = await post(url, AnalyzeDocument, { text: 'great' });
    expect(analysis.data?.analyze.polarity).toBe('POSITIVE');
    const streams = STREAMS.map((stream) =>
      runOver(senti, stream, SentimentDocument, { track: stream }).next(),
    );
    const track = await connectTrack(socketUrl, { origin: url });
    track.send({ track: 'milk' });
    await until(() => source.wanted.at(-1)?.length === 4, 'all tracks are wanted');
    source.say(`great milk, ${STREAMS.join(', ')}`);
    for (const { value } of await Promise.all(streams)) {
      expect(value?.data?.sentiment.polarityIndex).toBe(0);
    }
    const [message] = await track.received(1);
    expect(message?.polarityIndex).toBe(0);
  });

  test('holds little memory for clients that request the largest page and do not read it', async () => {
    const { senti } = await startSecure();
    const { port, hostname } = new URL(senti.url);
    const requestPage = async () => {
      const socket = tlsConnect({ port: Number(port), host: hostname });
      onTestFinished(() => void socket.destroy());
      socket.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n');
      await once(socket, 'readable');
    };
    await requestPage();
    const before = process.memoryUsage().rss;
    // One after the other, because a handshake has to end in time, and both of its ends share this CPU.
    for (let i = 0; i < 60; i++) await requestPage();
    await fetch(`${senti.url}/health`);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  test('sends a client all events of a busy tick', async () => {
    const { senti } = await startSecure();
    const client = connectGraphQL(senti.socketUrl);
    const streams = Array.from({ length: 32 }, () =>
      run(client, SentimentDocument, { track: 'coffee' }),
    );
    const first = Promise.all(streams.map((stream) => stream.next()));
    const listeners = async () =>
      (await post(senti.url, StatusDocument, {})).data?.status.listeners;
    while ((await listeners()) !== 32);
    for (let i = 0; i < 40; i++) senti.source.say('coffee', { id: String(i) });
    await first;
    for (let i = 1; i < 40; i++) {
      for (const stream of streams) {
        expect((await stream.next()).value?.data?.sentiment.post.id).toBe(String(i));
      }
    }
  });

  test('is not disturbed by clients that do not speak TLS', async () => {
    const { senti } = await startSecure();
    const { port, hostname } = new URL(senti.url);
    for (const bytes of [
      'GET /health HTTP/1.1\r\nHost: x\r\n\r\n',
      '\x16\x03\x01\x00\x05garbage',
    ]) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await fetch(`${senti.url}/health`)).status).toBe(200);
  });

  test('evicts a stalled stream of Server-Sent Events, and no other', async () => {
    const clock = new FakeClock();
    const { senti } = await startSecure(clock);
    const query = 'subscription { sentiment(track: "coffee") { hashtags { tag } } }';
    const stalled = await openStream(senti.url, query);
    const reading = await openStream(senti.url, query);
    let read = 0;
    reading.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    const closed = new Promise<void>((resolve) => stalled.once('close', resolve));
    await flood(senti);
    await until(() => read > 1000 * FILLER.length, 'the other client has read');
    for (let i = 0; i < 6; i++) {
      const before = read;
      clock.advance(STALLED_FOR / 2);
      senti.source.say('coffee');
      await until(() => read > before, 'the other client keeps reading');
    }
    stalled.resume();
    await closed;
    expect(reading.closed).toBe(false);
  });

  test('stops within ten seconds, even with a peer that never begins its handshake', async () => {
    const clock = new FakeClock();
    const { senti } = await startSecure(clock);
    const { port, hostname } = new URL(senti.url);
    const peer = connect(Number(port), hostname);
    peer.on('error', () => {});
    await once(peer, 'connect');
    const closed = new Promise<void>((resolve) => peer.once('close', resolve));
    await fetch(`${senti.url}/health`);
    await passTime(clock, senti.close());
    expect(clock.monotonic()).toBeLessThan(10_000);
    peer.resume();
    await closed;
  });
});

function connectSecure({ url }: Pick<Senti, 'url'>, session?: Buffer): TLSSocket {
  const { port, hostname } = new URL(url);
  const socket = tlsConnect({ port: Number(port), host: hostname, ...(session && { session }) });
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Resolves with the ticket of a first connection. */
async function ticketOf(senti: Pick<Senti, 'url'>): Promise<Buffer> {
  const socket = connectSecure(senti);
  const [ticket] = await once(socket, 'session');
  expect(socket.isSessionReused()).toBe(false);
  return ticket;
}

/** Whether a client that comes with `ticket` resumes its session. */
async function resumes(senti: Pick<Senti, 'url'>, ticket: Buffer): Promise<boolean> {
  const socket = connectSecure(senti, ticket);
  await once(socket, 'secureConnect');
  return socket.isSessionReused();
}

describe('a client that comes back', () => {
  test('resumes its session, again and again', async () => {
    const { senti } = await startSecure();
    const ticket = await ticketOf(senti);
    for (let i = 0; i < 3; i++) expect(await resumes(senti, ticket)).toBe(true);
  });

  test('makes a full handshake at another node, and after the files were read again', async () => {
    const [one, other] = await Promise.all([startSecure(), startSecure()]);
    const ticket = await ticketOf(one.senti);
    expect(await resumes(other.senti, ticket)).toBe(false);
    one.senti.reload();
    expect(await resumes(one.senti, ticket)).toBe(false);
  });
});

describe('a new certificate', () => {
  test('applies to new connections, while open ones stay', async () => {
    const { senti, files } = await startSecure();
    const track = await connectTrack(senti.socketUrl);
    track.send({ track: 'coffee' });
    await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
    expect(await nameAt(senti)).toBe('one');
    writeCertificate(OTHER, files.folder);
    expect(await nameAt(senti)).toBe('one');
    senti.reload();
    expect(await nameAt(senti)).toBe('other');
    senti.source.say('coffee');
    await track.received(1);
    expect(senti.warnings).toEqual([]);
  });

  test.each([
    [
      'is truncated',
      { cert: OTHER.cert.slice(0, 200), key: OTHER.key },
      /cert.pem". It must be a cert/,
    ],
    [
      'does not fit its key',
      { cert: OTHER.cert, key: ONE.key },
      /key.pem". It must be the private key/,
    ],
    [
      'is too weak for TLS',
      createCertificate('weak', { namedCurve: 'prime192v1' }),
      /cert.pem". It must be a certificate that TLS can use/,
    ],
  ])('that %s is logged, and the old one stays in use', async (_, pair, reason) => {
    const { senti, files } = await startSecure();
    writeCertificate(pair, files.folder);
    senti.reload();
    expect(await nameAt(senti)).toBe('one');
    expect(senti.warnings).toHaveLength(1);
    expect(JSON.parse(senti.warnings[0] ?? '').msg).toMatch(reason);
  });

  test.each(Object.entries(NO_FILES))(
    'that has become %s is logged at once, and the old one stays in use',
    async (_, make) => {
      const { senti, files } = await startSecure();
      for (const path of [files.tlsCert, files.tlsKey]) {
        rmSync(path);
        make(path);
        senti.reload();
        expect(await nameAt(senti)).toBe('one');
        expect(JSON.parse(senti.warnings.at(-1) ?? '').msg).toMatch(
          /^TLS: kept the old certificate\. --tls-.* is ".*\.pem"\. It must be a file(,| of at most)/,
        );
        rmSync(path, { recursive: true });
        writeCertificate(ONE, files.folder);
      }
      senti.reload();
      expect(senti.warnings).toHaveLength(2);
    },
  );

  test('that has expired is used, with a warning', async () => {
    const files = writeCertificate(createCertificate('old', { until: '20210101000000Z' }));
    const senti = await startSenti(configOf(...flags(files)));
    expect(JSON.parse(senti.warnings[0] ?? '').msg).toContain('expired at 2021-01-01');
  });

  test('is read at SIGHUP', async () => {
    const files = writeCertificate(ONE);
    const program = start('--port', '0', ...flags(files));
    const exited = exitOf(program);
    const url = await listening(program);
    expect(url).toMatch(/^https:/);
    writeCertificate(OTHER, files.folder);
    program.kill('SIGHUP');
    await logged(program, /certificate is valid until/);
    expect(await nameAt({ url })).toBe('other');
    program.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, errors: '' });
  });

  test('is not required at SIGHUP: a server without one keeps running', async () => {
    const program = start('--port', '0');
    const exited = exitOf(program);
    await listening(program);
    program.kill('SIGHUP');
    await logged(program, /no TLS certificate/);
    program.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, errors: '' });
  });
});

describe('files that cannot be used', () => {
  function mistakesOf(argv: readonly string[], env: Record<string, string> = {}) {
    const parsed = parseConfig(argv, env);
    return 'mistakes' in parsed ? parsed.mistakes : [];
  }

  test('are named at the start, with all other mistakes', () => {
    const { tlsCert, tlsKey, folder } = writeCertificate(ONE);
    const encrypted = createPrivateKey(ONE.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    const der = tempFile('cert.der', new X509Certificate(ONE.cert).raw);
    const locked = tempFile('key.pem', String(encrypted));
    const none = join(folder, 'none.pem');
    expect(mistakesOf(flags({ tlsCert, tlsKey }))).toEqual([]);
    expect(mistakesOf(flags({ tlsCert: none, tlsKey: folder }))).toEqual([
      expect.stringContaining(
        `--tls-cert is "${none}". It must be a file that can be read (ENOENT`,
      ),
      `--tls-key is "${folder}". It must be a file, not a folder, pipe or device.`,
    ]);
    const inPem = `It must be a certificate in PEM.`;
    const key = 'It must be a private key in PEM, without a passphrase.';
    expect(mistakesOf(['--port', 'x', ...flags({ tlsCert: tlsKey, tlsKey: tlsCert })])).toEqual([
      '--port is "x". It must be a whole number from 0 to 65535.',
      `--tls-cert is "${tlsKey}". ${inPem}`,
      `--tls-key is "${tlsCert}". ${key}`,
    ]);
    expect(mistakesOf([], { TLS_CERT: der, TLS_KEY: locked })).toEqual([
      `TLS_CERT is "${der}". ${inPem}`,
      `TLS_KEY is "${locked}". ${key}`,
    ]);
  });

  test('are named when they do not belong together, or when one is missing', () => {
    const { tlsCert, tlsKey } = writeCertificate(ONE);
    const other = writeCertificate(OTHER);
    expect(mistakesOf(flags({ tlsCert, tlsKey: other.tlsKey }))).toEqual([
      `--tls-key is "${other.tlsKey}". It must be the private key of the certificate in ${tlsCert}.`,
    ]);
    expect(mistakesOf(['--tls-cert', tlsCert])).toEqual([
      '--tls-cert needs --tls-key. Set both or neither.',
    ]);
    expect(mistakesOf([], { TLS_KEY: tlsKey })).toEqual([
      '--tls-key needs --tls-cert. Set both or neither.',
    ]);
  });
});
