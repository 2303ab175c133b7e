import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { setDefaultCACertificates } from 'node:tls';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { SentimentDocument, StatusDocument } from '../../../schema/operations.ts';
import { createMetrics, LOOP_WINDOW } from '../../../src/api/metrics/metrics.ts';
import { createTelemetry } from '../../../src/api/metrics/server-telemetry.ts';
import { PING_EVERY, PONG_WITHIN } from '../../../src/api/socket/heartbeat.ts';
import { STALLED_FOR } from '../../../src/api/socket/outbox.ts';
import { MAX_TEXT } from '../../../src/base/post.ts';
import { Multiplexer } from '../../../src/stream/multiplexer.ts';
import { createCertificate, writeCertificate } from '../../support/certificate.ts';
import { connectGraphQL, connectTrack, post, run } from '../../support/clients.ts';
import { readExposition } from '../../support/exposition.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { createHandSource } from '../../support/hand-source.ts';
import { HTTP_STREAMS } from '../../support/http-stream.ts';
import { connectRaw, openStalled } from '../../support/raw-socket.ts';
import { createRecordingSink } from '../../support/recording-sink.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { runOver } from '../../support/transports.ts';
import { ticks, until } from '../../support/until.ts';

/** Longer than anything else blocks the event loop, in milliseconds. */
const BUSY = 100;

async function scrape({ url }: Pick<Senti, 'url'>) {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  return { text, ...readExposition(text) };
}

/** Opens one listener on each surface, on tracks that begin with `name`. */
async function listenEverywhere({ url, socketUrl, source }: Senti, name: string) {
  const overSocket = run(connectGraphQL(socketUrl), SentimentDocument, { track: `${name}1` });
  const overHttp = HTTP_STREAMS.map((stream) =>
    runOver({ url, socketUrl }, stream, SentimentDocument, { track: `${name}2` }).next(),
  );
  const track = await connectTrack(socketUrl, { headers: { 'user-agent': name } });
  track.send({ track: `${name}3, ${name}1` });
  const all = Promise.all([overSocket.next(), ...overHttp, track.received(1)]);
  await until(() => source.wanted.at(-1)?.length === 3, 'all clients listen');
  return { all };
}

describe('/metrics', () => {
  test('reports the same figures as status, in the Prometheus text format', async () => {
    const senti = await startSenti();
    const listeners = await listenEverywhere(senti, 'zebra');
    const { source } = senti;
    source.say('zebra1');
    source.say('zebra2');
    source.say('nothing of that');
    source.sink.bad('line 1: no JSON');
    source.say('x'.repeat(MAX_TEXT + 1));
    source.sink.repeated();
    source.sink.repeated();
    source.become({ name: 'waiting', reason: 'it broke', until: 5 });
    await listeners.all;
    const { types, values } = await scrape(senti);
    const status = (await post(senti.url, StatusDocument, {})).data?.status;
    for (const [name, value] of [
      ['senti_posts_seen_total{source="hand"}', status?.postsSeen],
      ['senti_posts_matched_total{source="hand"}', status?.postsMatched],
      ['senti_posts_bad_total{source="hand"}', status?.postsBad],
      ['senti_posts_repeated_total{source="hand"}', status?.postsRepeated],
      ['senti_events_delivered_total', status?.eventsDelivered],
      ['senti_events_dropped_total', status?.eventsDropped],
      ['senti_listeners', status?.listeners],
      ['senti_tracks', status?.activeTracks],
    ] as const) {
      expect([name, values.get(name)]).toEqual([name, value]);
    }
    expect(Object.fromEntries(values)).toMatchObject({
      'senti_posts_seen_total{source="hand"}': 4,
      'senti_posts_matched_total{source="hand"}': 2,
      'senti_posts_bad_total{source="hand"}': 1,
      'senti_posts_repeated_total{source="hand"}': 2,
      'senti_posts_truncated_total{source="hand"}': 1,
      // The first post matches two tracks, and the second has two listeners.
      senti_events_total: 3,
      senti_events_delivered_total: 4,
      'senti_sockets{surface="graphql"}': 1,
      'senti_sockets{surface="sse"}': 1,
      'senti_sockets{surface="multipart"}': 1,
      'senti_sockets{surface="track"}': 1,
      'senti_source_state{source="hand",state="live"}': 0,
      'senti_source_state{source="hand",state="waiting"}': 1,
      'senti_source_reconnects_total{source="hand"}': 1,
      senti_post_to_wire_seconds_count: 1,
    });
    for (const [name, type] of types) expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(values.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    const started = values.get('process_start_time_seconds') ?? 0;
    expect(Math.abs(started - (Date.now() / 1000 - process.uptime()))).toBeLessThan(5);
  });

  test('counts a failure of the source once, however often a listener leaves and returns', async () => {
    const senti = await startSenti();
    const wait = { name: 'waiting', reason: 'it broke', until: 5 } as const;
    const count = async () =>
      (await scrape(senti)).values.get('senti_source_reconnects_total{source="hand"}');
    senti.source.become(wait);
    for (let i = 0; i < 3; i++) {
      senti.source.become({ name: 'idle' });
      senti.source.become(wait);
    }
    expect(await count()).toBe(1);
    senti.source.become({ name: 'connecting' });
    senti.source.become(wait);
    senti.source.become({ ...wait, until: 6 });
    expect(await count()).toBe(3);
  });

  test('exposes nothing that a client chose, and does not grow with the number of clients', async () => {
    const senti = await startSenti();
    const before = await scrape(senti);
    const listeners = await listenEverywhere(senti, 'zebra');
    senti.source.say('zebra1 zebra2', { id: 'zebra' });
    await listeners.all;
    await post(senti.url, 'query zebra { zebra }', {});
    await fetch(`${senti.url}/zebra?zebra`, { method: 'PUT', headers: { zebra: 'zebra' } });
    await once(new WebSocket(`${senti.socketUrl}/zebra`), 'error');
    const after = await scrape(senti);
    expect(after.text).not.toMatch(/zebra/i);
    expect([...after.values.keys()]).toEqual([...before.values.keys()]);
  });

  test('counts evicted connections by reason', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    await connectRaw(senti, '/track');
    const count = async () => {
      const { values } = await scrape(senti);
      const reasons = ['stalled', 'flooding', 'silent'] as const;
      return reasons.map((reason) => values.get(`senti_evictions_total{reason="${reason}"}`));
    };
    expect(await count()).toEqual([0, 0, 0]);
    clock.advance(PING_EVERY + PONG_WITHIN);
    expect(await count()).toEqual([0, 0, 1]);
    await openStalled(senti, '/graphql');
    const filler = '#filler'.padEnd(4000, 'x');
    for (let i = 0; i < 4000; i++) {
      senti.source.say(`coffee ${filler}`);
      if (i % 50 === 0) await setImmediate();
    }
    clock.advance(STALLED_FOR);
    expect(await count()).toEqual([1, 0, 1]);
  });

  test('times one post per tick, from its arrival to its write', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const track = await connectTrack(senti.socketUrl);
    track.send({ track: 'coffee' });
    await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
    senti.source.say('tea');
    clock.advance(1000);
    senti.source.say('coffee');
    clock.advance(15);
    senti.source.say('coffee');
    clock.advance(5);
    await track.received(2);
    const { values } = await scrape(senti);
    expect(values.get('senti_post_to_wire_seconds_count')).toBe(1);
    expect(values.get('senti_post_to_wire_seconds_sum')).toBe(0.02);
    expect(values.get('senti_post_to_wire_seconds_bucket{le="0.01"}')).toBe(0);
    expect(values.get('senti_post_to_wire_seconds_bucket{le="0.025"}')).toBe(1);
  });

  test.each(HTTP_STREAMS)('times posts over %s as well', async (stream) => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const event = runOver(senti, stream, SentimentDocument, { track: 'coffee' }).next();
    await until(() => senti.source.wanted.length === 1, 'coffee is wanted');
    senti.source.say('coffee');
    clock.advance(20);
    await event;
    const { values } = await scrape(senti);
    expect(values.get('senti_post_to_wire_seconds_count')).toBe(1);
    expect(values.get('senti_post_to_wire_seconds_sum')).toBe(0.02);
  });

  test('reports how late the event loop was', async () => {
    const senti = await startSenti();
    await scrape(senti);
    // The first measurement only schedules the next one.
    for (let i = 0; i < 3; i++) {
      for (const start = performance.now(); performance.now() - start < BUSY; );
      await ticks(2);
    }
    const { values } = await scrape(senti);
    const longest = values.get('senti_loop_delay_seconds{quantile="1"}') ?? 0;
    expect(longest).toBeGreaterThan((BUSY - 20) / 1000);
    expect(longest).toBeLessThan(5);
  });

  test('reports the longest delay of the event loop for that minute and the next, and then no more', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const longest = async () =>
      (await scrape(senti)).values.get('senti_loop_delay_seconds{quantile="1"}') ?? 0;
    await ticks(2);
    for (let i = 0; i < 3; i++) {
      for (const start = performance.now(); performance.now() - start < BUSY; );
      await ticks(2);
    }
    const late = await longest();
    expect(late).toBeGreaterThan((BUSY - 20) / 1000);
    expect(await longest()).toBeGreaterThanOrEqual(late);
    clock.advance(LOOP_WINDOW);
    expect(await longest()).toBeGreaterThanOrEqual(late);
    clock.advance(LOOP_WINDOW);
    expect(await longest()).toBeLessThan(late);
  });

  test('reports when the certificate expires', async () => {
    const certificate = createCertificate('one', { until: '20990101000000Z' });
    setDefaultCACertificates([certificate.cert]);
    const { tlsCert, tlsKey } = writeCertificate(certificate);
    const senti = await startSenti(configOf('--tls-cert', tlsCert, '--tls-key', tlsKey));
    const { values } = await scrape(senti);
    expect(values.get('senti_tls_expires_timestamp_seconds')).toBe(Date.UTC(2099) / 1000);
  });

  test('reports no value for a missing certificate or a free source', async () => {
    const { types, values } = await scrape(await startSenti());
    for (const name of [
      'senti_tls_expires_timestamp_seconds',
      'senti_source_posts_today',
      'senti_source_posts_month',
      'senti_source_estimates_today',
      'senti_source_cost_today_dollars',
    ]) {
      expect([name, types.get(name), values.get(name)]).toEqual([name, 'gauge', undefined]);
    }
  });

  test('counts separately for each server of a process', async () => {
    const [busy, quiet] = [await startSenti(), await startSenti()];
    busy.source.say('coffee');
    busy.source.become({ name: 'waiting', reason: 'it broke', until: 5 });
    const counts = async (senti: Senti) => {
      const { values } = await scrape(senti);
      return [
        values.get('senti_posts_seen_total{source="hand"}'),
        values.get('senti_source_reconnects_total{source="hand"}'),
      ];
    };
    expect(await counts(busy)).toEqual([1, 1]);
    expect(await counts(quiet)).toEqual([0, undefined]);
  });

  test('reports what a paid source has cost today', async () => {
    const usage = { postsToday: 100, postsThisMonth: 700, estimatesToday: 3, costToday: 0.5 };
    const senti = await startSenti(undefined, undefined, (source) =>
      Object.assign(source, { usage }),
    );
    const { values } = await scrape(senti);
    expect(values.get('senti_source_posts_today{source="hand"}')).toBe(100);
    expect(values.get('senti_source_posts_month{source="hand"}')).toBe(700);
    expect(values.get('senti_source_estimates_today{source="hand"}')).toBe(3);
    expect(values.get('senti_source_cost_today_dollars{source="hand"}')).toBe(0.5);
  });
});

test('the metrics tell how much is kept for clients that resume', async () => {
  const senti = await startSenti(configOf('--follow', 'coffee'));
  const kept = async () => (await scrape(senti)).values.get('senti_recent_bytes') ?? 0;
  expect(await kept()).toBe(0);
  senti.source.say('coffee');
  expect(await kept()).toBeGreaterThan(0);
});

test('a time to the wire counts in all buckets that are wide enough', async () => {
  const source = createHandSource(createRecordingSink());
  const counters = new Map();
  const openTracks = new Map();
  const feed = { source, counters, openTracks, open() {}, close() {}, read() {}, async stop() {} };
  const readable = {
    multiplexer: new Multiplexer(() => feed, { telemetry: recordTelemetry() }),
    sockets: () => ({}),
    history: () => ({ faults: 0, bytes: 0 }),
    recentBytes: () => 0,
    logDropped: () => 0,
    expires: () => undefined,
  };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.double({ min: 0, max: 5000, noNaN: true })), async (times) => {
      const clock = new FakeClock();
      const telemetry = createTelemetry(pino({ level: 'silent' }), clock, []);
      const metrics = createMetrics(telemetry.registry, clock, readable);
      for (const ms of times) telemetry.wire(ms);
      const { values } = readExposition(await metrics.page());
      metrics.close();
      const name = 'senti_post_to_wire_seconds';
      const buckets = [...values.keys()].filter((series) => series.startsWith(`${name}_bucket`));
      expect(buckets.length).toBeGreaterThan(10);
      for (const series of buckets) {
        const le = Number(/le="(.+)"/.exec(series)?.[1]?.replace('+Inf', 'Infinity'));
        expect(values.get(series)).toBe(times.filter((ms) => ms / 1000 <= le).length);
      }
      expect(values.get(`${name}_count`)).toBe(times.length);
      expect(values.get(`${name}_sum`)).toBeCloseTo(times.reduce((a, b) => a + b, 0) / 1000);
    }),
  );
});
