// From posts to the past, against a model of plain lists: two sources, an ingest that comes and goes as the node gains
// and loses its lease, the events of another node in between, and tracks that close and open while events wait.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Position } from '../../src/base/position.ts';
import { UserError } from '../../src/base/user-error.ts';
import { MinuteCounter } from '../../src/history/counter.ts';
import { CountedPast } from '../../src/history/counts.ts';
import { MINUTE, SCORE_SCALE } from '../../src/history/store.ts';
import { mergeSources } from '../../src/source/merged.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import type { PastReader, Recording } from '../../src/stream/recorder.ts';
import { atSources, isAt, type Track } from '../../src/track/track.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { eventAt, START } from '../support/history.ts';
import { createPast, SOMEWHERE } from '../support/keeping.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';

const SOURCES = ['a', 'b'];
const WORDS = ['coffee', 'tea', 'milk'];
const TRACKS = [...WORDS.map(track), atSources(track('coffee'), ['a'])];
const OTHER_NODE = 2;
/** Enough for several segments and a sweep. */
const MANY = 4500;
/** More than all tracks keep, and so little that a burst brings a sweep. */
const RECENT_BYTES = 24_000_000;

interface Entry {
  readonly position: Position;
  /** Of a post, with its source; GAP or DELETED for what is none. */
  readonly id: string;
}
const GAP = 'gap';
const DELETED = 'deleted';

class Model {
  entries: Entry[] = [];
  since: Position | undefined;
  isIngested = false;
  isHeard = false;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(id: string, position: Position): void {
    this.since ??= { ...position, number: position.number - 1 };
    const isRepeat = (entry: Entry) => entry.id === id && entry.position.epoch !== position.epoch;
    if (id === GAP || !this.entries.some(isRepeat)) this.entries.push({ id, position });
    while (this.entries.length > this.#most) this.since = this.entries.shift()?.position;
  }

  follow(isIngested: boolean, position: Position | undefined): void {
    if (isIngested && !this.isIngested && position !== undefined) {
      if (this.since === undefined) this.since = position;
      else this.add(GAP, position);
    }
    this.isIngested = isIngested;
    if (isIngested || this.isHeard) return;
    this.entries = [];
    this.since = undefined;
  }

  delete(deleted: string): void {
    this.entries = this.entries.map(({ id, position }) => {
      return { id: id === deleted ? DELETED : id, position };
    });
  }
}

/** What a reader says of entries. */
function told(entries: readonly Entry[]): string[] {
  const ids = entries.map(({ id }) => id).filter((id) => id !== DELETED);
  return ids.filter((id, i) => id !== GAP || ids[i - 1] !== GAP);
}

function readAll(reader: PastReader): string[] {
  const all: string[] = [];
  for (;;) {
    const { gap, events } = reader.next(7);
    if (gap && all.at(-1) !== GAP) all.push(GAP);
    if (events.length === 0) return all;
    all.push(...events.map(({ post }) => `${post.source}.${post.id}`));
  }
}

/** What happens, and how often that is drawn. */
const WEIGHTS = {
  open: 15,
  close: 10,
  say: 40,
  hear: 15,
  gap: 5,
  delete: 5,
  reject: 5,
  wait: 10,
  lead: 5,
  read: 10,
  burst: 1,
} as const;
const does = fc.constantFrom(
  ...Object.entries(WEIGHTS).flatMap(([name, weight]) => Array<string>(weight).fill(name)),
);
const step = fc.record({
  does,
  which: fc.constantFrom(...TRACKS),
  source: fc.constantFrom(...SOURCES),
  words: fc.subarray(WORDS),
  isAgain: fc.boolean(),
  ago: fc.nat(9),
  ms: fc.nat(50_000),
});
const steps = fc.array(step, { maxLength: 80, size: 'max' });

test('whatever happens, the past and the counts are those of a model which keeps plain lists', () => {
  fc.assert(
    fc.property(
      steps,
      fc.constantFrom(0, 1, 3, 20, 5000),
      fc.constantFrom(0, 20_000),
      (all, recentEvents, lingerMs) => {
        const clock = new FakeClock(START);
        const recent = createPast({ recentEvents, recentBytes: RECENT_BYTES });
        const models = new Map(TRACKS.map((each) => [each, new Model(recentEvents)]));
        const counted = new Map<string, number>();
        const expected = new Map<string, number>();
        const sum = (sums: Map<string, number>, key: string, by: number) =>
          by === 0 || sums.set(key, (sums.get(key) ?? 0) + by);
        const counter = new MinuteCounter();
        const past = new CountedPast(recent, clock, counter, (ended) => {
          const { minute, counts } = counter.end(ended);
          for (const { topic, source: from, positive, score, hashtags } of counts) {
            const key = `${topic} ${minute} ${from}`;
            sum(counted, `${key} posts`, positive);
            sum(counted, `${key} score`, score);
            for (const [tag, posts] of hashtags) sum(counted, `${key} #${tag}`, posts);
          }
        });
        /** The listened tracks, as a node that gets its events from others records them. */
        const heard = new Map<Track, Recording>();
        let sources: HandSource[] = [];
        let ingest: Ingest<Track> | undefined;
        let outlets: Track[] = [];
        let epochs = OTHER_NODE;
        let ids = 0;
        let heardEvents = 0;

        const close = (each: Track) => {
          const recording = heard.get(each);
          if (recording === undefined) return;
          ingest?.close(each);
          recording.close();
          heard.delete(each);
        };
        const sync = () => {
          for (const [each, model] of models) {
            model.isHeard = heard.has(each);
            model.follow(ingest?.openTracks.has(each.canonical) ?? false, ingest?.position);
          }
        };
        const lead = () => {
          sources = [];
          epochs += 1;
          const connected = new Ingest<Track>(
            {
              connect: (sink) => {
                const makes = SOURCES.map((name) => (part: typeof sink) => {
                  const made = createHandSource(part, name);
                  sources.push(made);
                  return made;
                });
                return mergeSources(makes, sink, { clock, warn: () => {} });
              },
              analyze: (text) => ({
                ...eventAt(SOMEWHERE),
                score: text.length / SCORE_SCALE,
                hashtags: text.split(' ').map((tag) => ({ tag, count: 2 })),
              }),
              languages: 'any',
              postText: true,
              telemetry: recordTelemetry(),
              clock,
              epoch: epochs,
              past,
              lingerMs: () => lingerMs,
              maxTracks: 3,
            },
            {
              event: (_, to) => outlets.push(...to),
              gap: () => {},
              deleted: () => {},
              rejected: close,
            },
          );
          ingest = connected;
          for (const each of heard.keys()) {
            connected.open(each, each);
            sync();
          }
        };
        const matching = (from: string, text: readonly string[]) =>
          TRACKS.filter(
            (each) => isAt(each, from) && text.includes(each.canonical.split(' ')[0] ?? ''),
          );
        const say = (from: string, text: readonly string[], id: number) => {
          if (ingest === undefined) return;
          outlets = [];
          sources.find(({ name }) => name === from)?.say(text.join(' '), { id: String(id) });
          const { position } = ingest;
          const matched = matching(from, text).filter((each) => models.get(each)?.isIngested);
          expect(new Set(outlets)).toEqual(new Set(matched.filter((each) => heard.has(each))));
          for (const each of matched) {
            models.get(each)?.add(`${from}.${id}`, position);
            const key = `${each.canonical} ${Math.floor(position.time / MINUTE) * MINUTE} ${from}`;
            sum(expected, `${key} posts`, 1);
            sum(expected, `${key} score`, text.join(' ').length);
            for (const tag of text) sum(expected, `${key} #${tag}`, 1);
          }
        };
        const hear = (from: string, text: readonly string[], id: number) => {
          if (ingest !== undefined) return;
          heardEvents += 1;
          const position = { epoch: OTHER_NODE, number: heardEvents, time: clock.now() };
          for (const each of matching(from, text)) {
            const recording = heard.get(each);
            if (recording === undefined) continue;
            const post = { id: String(id), source: from, text: '', langs: [] };
            past.event(eventAt(position, { post }), [recording.slot]);
            models.get(each)?.add(`${from}.${id}`, position);
          }
        };
        const check = (each: Track, back: number) => {
          const { entries, since, isIngested } = models.get(each) as Model;
          expect(readAll(past.read(each, { last: 100_000 }))).toEqual(told(entries));
          if (ingest === undefined || !isIngested) return;
          const { epoch, number, time } = ingest.position;
          const after = { epoch, number: Math.max(0, number - back), time };
          const isLater = ({ position }: Entry) =>
            position.epoch === epoch && position.number > after.number;
          const later = entries.filter(isLater);
          const before = entries.at(-later.length - 1)?.position ?? since;
          const isKnown = before?.epoch === epoch && before.number <= after.number;
          const isComplete = isKnown && later.every(({ id }) => id !== GAP);
          const reader = past.read(each, { after });
          expect([reader.isComplete, readAll(reader)]).toEqual([isComplete, told(later)]);
        };
        const stop = () => {
          void ingest?.stop();
          ingest = undefined;
          sources = [];
        };

        for (const { does, which, source, words, isAgain, ago, ms } of all) {
          const hand = sources.find(({ name }) => name === source);
          const id = isAgain ? ids - ago : ids++;
          if (does === 'open' && !heard.has(which) && heard.size < 3) {
            heard.set(which, past.open(which));
            ingest?.open(which, which);
          } else if (does === 'close') close(which);
          else if (does === 'say') say(source, words, id);
          else if (does === 'hear') hear(source, words, id);
          else if (does === 'wait') clock.advance(ms);
          else if (does === 'read') check(which, ago);
          else if (does === 'lead') ingest === undefined ? lead() : stop();
          else if (does === 'burst') for (let i = 0; i < MANY; i += 1) say(source, words, ids++);
          else if (does === 'gap' && ingest !== undefined) {
            hand?.sink.gap();
            for (const [each, model] of models)
              if (model.isIngested && isAt(each, source)) model.add(GAP, ingest.position);
          } else if (does === 'delete') {
            past.deleted({ source, id: String(id) });
            for (const model of models.values()) model.delete(`${source}.${id}`);
          } else if (does === 'reject' && ingest?.openTracks.has(which.canonical)) {
            hand?.sink.rejected(which, new UserError('UPSTREAM_FULL', 'no room'));
          }
          sync();
        }
        for (const each of TRACKS) check(each, 9);
        stop();
        for (const recording of heard.values()) recording.close();
        past.close();
        expect(recent.bytes).toBe(0);
        expect(counted).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});
