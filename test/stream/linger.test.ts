import { expect, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { Ingest, type IngestOptions } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { keeping } from '../support/keeping.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';

const LINGER_MS = 10_000;

function start(options: Partial<IngestOptions> = {}) {
  let source: HandSource | undefined;
  const clock = new FakeClock();
  const telemetry = recordTelemetry();
  const kept = keeping(clock);
  const multiplexer = new Multiplexer(
    (sink) =>
      new Ingest(
        {
          connect: (sourceSink) => {
            source = createHandSource(sourceSink);
            return source;
          },
          analyze: createAnalyzer('full', vader),
          languages: 'any',
          postText: true,
          telemetry,
          ...kept,
          lingerMs: () => LINGER_MS,
          ...options,
        },
        sink,
      ),
    { telemetry, maxTracks: options.maxTracks ?? Number.POSITIVE_INFINITY },
  );
  if (!source) throw new Error('no source was connected');
  const { wanted } = source;
  return {
    multiplexer,
    source,
    clock,
    past: kept.past,
    open: () => [...(wanted.at(-1) ?? [])].sort(),
    listen(query: string) {
      const ids: string[] = [];
      const ends: (UserError | undefined)[] = [];
      const stop = multiplexer.listen(track(query), {
        event: ({ post }) => ids.push(post.id),
        end: (error) => ends.push(error),
      });
      return { ids, ends, stop };
    },
  };
}

test('a track stays open for a while after its last listener, and then closes', () => {
  const { listen, clock, open, multiplexer } = start();
  listen('coffee').stop();
  expect(multiplexer.tracks).toBe(0);
  clock.advance(LINGER_MS - 1);
  expect(open()).toEqual(['coffee']);
  clock.advance(1);
  expect(open()).toEqual([]);
});

test('a listener that comes back within that time finds the track open, with the events that it missed', () => {
  const { listen, clock, open, source, past } = start();
  const first = listen('coffee');
  source.say('coffee');
  first.stop();
  source.say('coffee');
  source.say('tea');
  clock.advance(LINGER_MS - 1);
  const again = listen('Coffee');
  source.say('coffee');
  expect(again.ids).toEqual(['3']);
  const { events } = past.read(track('coffee'), { last: 10 }).next(10);
  expect(events.map(({ post }) => post.id)).toEqual(['0', '1', '3']);
  clock.advance(10 * LINGER_MS);
  expect(open()).toEqual(['coffee']);
  again.stop();
  clock.advance(LINGER_MS);
  expect(open()).toEqual([]);
});

test('without lingering, a track closes with its last listener', () => {
  const { listen, open } = start({ lingerMs: () => 0 });
  listen('coffee').stop();
  expect(open()).toEqual([]);
});

test('lingering tracks make room for new ones, the one that was left first at the front', () => {
  const { listen, clock, open } = start({ maxTracks: 3 });
  listen('coffee').stop();
  clock.advance(1);
  listen('tea').stop();
  listen('milk');
  listen('water');
  expect(open()).toEqual(['milk', 'tea', 'water']);
  listen('juice');
  expect(open()).toEqual(['juice', 'milk', 'water']);
  const { ends } = listen('beer');
  expect(ends).toMatchObject([{ code: 'LIMIT_REACHED' }]);
});

test('a track that the source rejects does not linger, and the source forgets it', () => {
  const { listen, open, source } = start();
  const { ends } = listen('coffee');
  listen('tea');
  const full = new UserError('UPSTREAM_FULL', 'no room');
  source.sink.rejected(track('coffee'), full);
  expect(ends).toEqual([full]);
  expect(open()).toEqual(['tea']);
});

test('a lingering track that the source rejects closes without an error', () => {
  const { listen, open, source } = start();
  listen('coffee').stop();
  source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'no room'));
  expect(open()).toEqual([]);
});

test('closing leaves no timer behind', async () => {
  const { listen, clock, multiplexer } = start();
  listen('coffee').stop();
  await multiplexer.close();
  expect(clock.pending).toBe(0);
});
