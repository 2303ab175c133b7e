// Every surface, plain and over TLS, against a peer that reads slowly, and one that reads nothing.

import { setImmediate } from 'node:timers/promises';
import { setDefaultCACertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { STALLED_FOR } from '../../../src/api/socket/outbox.ts';
import { createCertificate, writeCertificate } from '../../support/certificate.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HTTP_STREAMS, openStream } from '../../support/http-stream.ts';
import { openStalled } from '../../support/raw-socket.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { ticks, until } from '../../support/until.ts';

const CERTIFICATE = createCertificate('slow');
setDefaultCACertificates([CERTIFICATE.cert]);

const SURFACES = ['/graphql', '/track', ...HTTP_STREAMS] as const;
const CELLS = SURFACES.flatMap((surface) => [
  { surface, scheme: 'http' },
  { surface, scheme: 'https' },
]);

const FILLER = '#filler'.padEnd(3000, 'x');
/** More than the kernel's buffers hold for one connection, at 3 kB an event. */
const FLOOD = 4000;
/** Many more events in a tick than wait for a slow reader. */
const BURST = 20_000;
/** What a slow reader reads at a time, in bytes; of a stream the kernel tells only in large steps. */
const SIP = 128 * 1024;
const STREAM_SIP = 512 * 1024;

const QUERY = 'subscription { sentiment(track: "coffee") { hashtags { tag } post { id } } }';

describe.each(CELLS)('a peer of $surface over $scheme', ({ surface, scheme }) => {
  const isStream = surface === 'SSE' || surface === 'multipart';

  async function open() {
    const clock = new FakeClock();
    const { tlsCert, tlsKey } = writeCertificate(CERTIFICATE);
    const flags = scheme === 'https' ? ['--tls-cert', tlsCert, '--tls-key', tlsKey] : [];
    const senti = await startSenti(configOf(...flags), clock);
    const { socket } = isStream
      ? { socket: await openStream(senti.url, QUERY, surface) }
      : await openStalled(senti, surface);
    await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
    return { clock, senti, socket };
  }

  test('that reads gets all of a burst', async () => {
    const { senti, socket } = await open();
    let events = 0;
    let rest = '';
    socket.on('data', (bytes) => {
      const parts = `${rest}${bytes}`.split('"hashtags"');
      events += parts.length - 1;
      rest = parts.at(-1)?.slice(-10) ?? '';
    });
    socket.resume();
    for (let i = 0; i < BURST; i++) senti.source.say('coffee');
    await until(() => events >= BURST - 100, 'nearly all came');
    senti.source.say('coffee');
    await until(() => events === BURST + 1, 'all came');
  });

  test.skipIf(isStream && process.platform !== 'linux')(
    'that reads slowly but steadily stays',
    async () => {
      const { clock, senti, socket } = await open();
      await flood(senti);
      const sip = isStream ? STREAM_SIP : SIP;
      let left = 0;
      socket.on('data', ({ length }) => {
        left -= length;
        if (left <= 0) socket.pause();
      });
      for (let sips = 0; sips < 20; sips++) {
        for (let i = 0; i < sip / FILLER.length; i++) senti.source.say(`coffee ${FILLER}`);
        left = sip;
        socket.resume();
        await until(() => left <= 0, 'it has read some');
        // What proves that it reads is on its way.
        await ticks(20);
        clock.advance(STALLED_FOR - 1000);
        await ticks(20);
        expect(senti.source.state).toEqual({ name: 'live' });
      }
    },
  );

  test('that reads nothing is ended, and its topic with it', async () => {
    const { clock, senti } = await open();
    await flood(senti);
    clock.advance(STALLED_FOR - 1);
    await ticks(20);
    expect(senti.source.state).toEqual({ name: 'live' });
    clock.advance(1);
    await until(() => {
      // The server looks now and then whether a stream takes anything, and the kernel may take some more at first.
      if (isStream) clock.advance(STALLED_FOR);
      return senti.source.state.name === 'idle';
    }, 'the topic is closed');
  });
});

async function flood({ source }: Senti): Promise<void> {
  for (let i = 0; i < FLOOD; i++) {
    source.say(`coffee ${FILLER}`);
    if (i % 50 === 0) await setImmediate();
  }
}
