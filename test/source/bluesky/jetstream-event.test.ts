import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_FRAME_BYTES } from '../../../src/source/bluesky/bluesky.ts';
import { type JetstreamEvent, readEvent } from '../../../src/source/bluesky/jetstream-event.ts';
import { encode, encodeError, encodeInfo } from '../../support/fake-jetstream-wire.ts';
import { postEvent } from '../../support/jetstream-events.ts';

const FIXTURE = new URL('../../fixtures/jetstream.jsonl', import.meta.url);
const CAPTURE = new URL('../../../../shared/data/jetstream-capture.jsonl', import.meta.url);
const TIME_US = Date.UTC(2026, 0, 1) * 1000;

function decodeFile(file: URL): JetstreamEvent[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n').map(readEvent);
}

const COMMIT_FIELDS = ['operation', 'collection', 'rkey', 'cid', 'record'];
const RECORD_FIELDS = ['text', 'langs', 'createdAt'];

/** Reads a valid post with other values for some fields, wherever in the frame they stand. */
function decodeChanged(changes: Record<string, unknown>): JetstreamEvent {
  const record = { text: 'tea', createdAt: '2026-01-01T00:00:00Z' };
  const frame = { ...structuredClone(postEvent(1, record)), time_us: TIME_US };
  const commit = frame.commit as Record<string, object>;
  for (const [name, value] of Object.entries(changes)) {
    const isOfRecord = RECORD_FIELDS.includes(name);
    const isOfCommit = COMMIT_FIELDS.includes(name);
    Object.assign(isOfRecord ? (commit.record ?? {}) : isOfCommit ? commit : frame, {
      [name]: value,
    });
  }
  return readEvent(JSON.stringify(frame));
}

function reasonOf(frame: JetstreamEvent): string {
  return frame.kind === 'bad' ? frame.reason : `no reason, but ${frame.kind}`;
}

function postOf(frame: JetstreamEvent) {
  if (frame.kind !== 'post') throw new Error(reasonOf(frame));
  return frame.post;
}

describe('an event of Jetstream v1', () => {
  test('is a post if one was created or deleted, and nothing if it was edited or is something else', () => {
    const frames = decodeFile(FIXTURE);
    expect(frames.map(({ kind }) => kind)).toEqual([
      ...Array(10).fill('post'),
      ...['other', 'deleted', 'other', 'other', 'other', 'other'],
    ]);
  });

  test('gives a post its at:// URI, its page, its original text and its time', () => {
    const [frame] = decodeFile(FIXTURE);
    expect(frame && postOf(frame)).toEqual({
      id: 'at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3kaaaaaaaaaa2',
      url: 'https://bsky.app/profile/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/post/3kaaaaaaaaaa2',
      source: 'bluesky',
      text: 'A plain post about tea',
      tags: [],
      links: [],
      attached: [],
      langs: ['en'],
      createdAt: new Date('2026-01-01T00:00:00Z'),
    });
  });

  test('keeps all languages of a post, or none', () => {
    const langs = decodeFile(FIXTURE)
      .slice(0, 3)
      .map((frame) => postOf(frame).langs);
    expect(langs).toEqual([['en'], ['de', 'en-GB'], []]);
  });

  test.each([
    ['a word instead of a list', 'en', []],
    ['things that are no tags', [1, null, 'e n', '', 'pt-BR', {}], ['pt-BR']],
    ['a hundred languages', Array(100).fill('en'), ['en']],
    ['other names of a language, and names of none', ['eng', 'mul', 'und', 'ENG'], ['en']],
  ])('takes the valid language tags from %s', (_, langs, expected) => {
    expect(postOf(decodeChanged({ langs })).langs).toEqual(expected);
  });

  test.each([
    ['just before it came', '2025-12-31T23:59:58Z', '2025-12-31T23:59:58.000Z'],
    ['in another zone', '2026-01-01T01:30:00+02:00', '2025-12-31T23:30:00.000Z'],
    ['some hours ago', '2025-12-31T18:00:01Z', '2025-12-31T18:00:01.000Z'],
    ['years ago', '2013-05-06T07:08:09Z', '2026-01-01T00:00:00.000Z'],
    ['after it came', '2026-01-01T00:00:01Z', '2026-01-01T00:00:00.000Z'],
    ['at no time', 'soon', '2026-01-01T00:00:00.000Z'],
    ['by a number', 12, '2026-01-01T00:00:00.000Z'],
    ['not at all', undefined, '2026-01-01T00:00:00.000Z'],
  ])('takes the date from the author only if it is credible: %s', (_, claim, expected) => {
    const { createdAt } = postOf(decodeChanged({ createdAt: claim }));
    expect(createdAt?.toISOString()).toBe(expected);
  });

  test('names a deleted post as the post was named', () => {
    const created = decodeChanged({});
    const deleted = decodeChanged({ operation: 'delete', record: undefined, cid: undefined });
    expect(deleted).toMatchObject({ kind: 'deleted', id: postOf(created).id });
  });

  test.each([{ did: 'did:plc:a/b' }, { rkey: '..' }])('is bad when it deletes %j', (change) => {
    expect(decodeChanged({ ...change, operation: 'delete' }).kind).toBe('bad');
  });

  test('has a different key for each version of a post', () => {
    const keys = ['bafyreia', 'bafyreib'].map((cid) => {
      const frame = decodeChanged({ cid });
      return frame.kind === 'post' ? frame.key : frame;
    });
    expect(keys[0]).not.toEqual(keys[1]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['time_us', { time_us: 'now' }],
    ['time_us', { time_us: -1 }],
    ['time_us', { time_us: 1e300 }],
    ['kind', { kind: 7 }],
    ['commit', { commit: [] }],
    ['collection', { collection: undefined }],
    ['operation', { operation: 'destroy' }],
    ['did', { did: 'did:plc:a/../../evil?x#y' }],
    ['did', { did: `did:web:${'a'.repeat(1000)}` }],
    ['rkey', { rkey: '..' }],
    ['rkey', { rkey: 'a/b' }],
    ['rkey', { rkey: 'abc\n' }],
    ['cid', { cid: undefined }],
    ['record', { record: null }],
    ['text', { text: ['tea'] }],
  ])('is bad with an invalid "%s", and the reason names the field', (field, change) => {
    expect(reasonOf(decodeChanged(change))).toContain(`"${field}"`);
  });

  test.each(['', 'null', '[]', '"post"', '{"did"', 'undefined'])('is bad when it is %j', (text) => {
    expect(readEvent(text).kind).toBe('bad');
  });

  test('is quoted in a reason only by its beginning, in printable ASCII', () => {
    const reason = reasonOf(readEvent(`\u001b[31m"\n\u202e${'secret '.repeat(10_000)}`));
    expect(reason).toMatch(/^[\x20-\x7e…]{1,200}$/);
    expect(reason).toContain('\\u001b[31m\\"\\u000a\\u202esecret');
  });

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('may nest %s as deeply as it has room for', (_, open, close) => {
    const depth = Math.floor((MAX_FRAME_BYTES - 1000) / (open.length + close.length));
    const deep = `${open.repeat(depth)}0${close.repeat(depth)}`;
    expect(reasonOf(readEvent(open.repeat(depth)))).toContain('not JSON');
    expect(reasonOf(readEvent(`{"time_us":${deep}}`))).toContain('"time_us" is not');
    const post = JSON.stringify({ time_us: TIME_US, ...postEvent(1, { text: 'tea' }) });
    const langs = post.replace('"text"', `"langs":${deep},"text"`);
    expect(postOf(readEvent(langs))).toMatchObject({ text: 'tea', langs: [] });
    const text = post.replace('"tea"', deep);
    expect(reasonOf(readEvent(text))).toContain('"text" is not a string');
  });

  test('never throws, whatever the frame is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readEvent(text)));
    fc.assert(fc.property(fc.json(), (text) => void readEvent(text)));
  });

  test('never throws, whatever its fields are, and makes only addresses on bsky.app', () => {
    const field = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
    const names = ['did', 'time_us', 'kind', 'commit', ...COMMIT_FIELDS, ...RECORD_FIELDS];
    fc.assert(
      fc.property(fc.constantFrom(...names), field, (name, value) => {
        const frame = decodeChanged({ [name]: value });
        if (frame.kind === 'bad') expect(frame.reason).toMatch(/^[\x20-\x7e…]{1,600}$/);
        if (frame.kind === 'post') {
          expect(new URL(frame.post.url ?? '').href).toBe(frame.post.url);
          expect(frame.post.url).toMatch(/^https:\/\/bsky\.app\/profile\/[^/?#]+\/post\/[^/?#]+$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a frame of v2', () => {
  /** Reads a new post as v2 sends it, with other values for some fields of its payload. */
  function readV2(changes: Record<string, unknown> = {}): JetstreamEvent {
    const kept = { timeUs: TIME_US + 123_456, seq: 7, event: postEvent(1, { text: 'tea' }) };
    const frame = JSON.parse(encode(kept, 2));
    return readEvent(JSON.stringify({ ...frame, payload: { ...frame.payload, ...changes } }));
  }

  test('holds the same post as one of v1', () => {
    const v1 = decodeChanged({ createdAt: undefined });
    expect(postOf(readV2())).toEqual({ ...postOf(v1), createdAt: new Date(TIME_US / 1000 + 123) });
  });

  test('has its place by the time at which the host saw it, and by number', () => {
    expect(readV2({ time: '2020-01-01T00:00:00Z' })).toMatchObject({
      position: { timeUs: TIME_US + 123_456, seq: 7 },
    });
    expect(readV2({ witnessedAt: undefined })).toMatchObject({
      position: { timeUs: TIME_US + 123_456, seq: 7 },
    });
  });

  test.each([-1, 0, 1.5, 1e300, '7', null])('has no number if that is %s', (seq) => {
    expect(readV2({ seq })).toMatchObject({ kind: 'post', position: { seq: undefined } });
  });

  test.each(['identity', 'account', 'sync', 'news'])(
    'is no post if it is of the kind %s',
    (kind) => {
      expect(readV2({ $type: `network.bsky.jetstream.subscribeEvents#${kind}` })).toMatchObject({
        kind: 'other',
        position: { seq: 7 },
      });
    },
  );

  test.each([
    ['$type', { $type: 7 }],
    ['time', { witnessedAt: 'soon', time: 'never' }],
    ['collection', { collection: 7 }],
    ['operation', { operation: 'destroy' }],
    ['did', { did: 'did:plc:a/../../evil?x#y' }],
    ['rkey', { rkey: '..' }],
    ['record', { record: [] }],
  ])('is bad with an invalid "%s", and the reason names the field', (field, change) => {
    expect(reasonOf(readV2(change))).toContain(`"${field}"`);
  });

  test('is bad without a payload', () => {
    expect(reasonOf(readEvent('{"$type":"message"}'))).toContain('"payload"');
  });

  test('may be a notice on the cursor, or the reason for the end', () => {
    expect(readEvent(encodeInfo('OutdatedCursor'))).toEqual({ kind: 'gap' });
    expect(readEvent(encodeInfo('FutureCursor'))).toEqual({ kind: 'unknown cursor' });
    expect(readEvent(encodeInfo('Hello'))).toEqual({ kind: 'other' });
    const error = encodeError('ConsumerTooSlow', '\u001b'.repeat(1000));
    expect(readEvent(error)).toMatchObject({
      reason: expect.stringMatching(/^[\x20-\x7e…]{1,500}$/),
    });
  });

  test('never throws, whatever its fields are', () => {
    const name = fc.constantFrom('$type', 'seq', 'did', 'time', 'witnessedAt', 'record', 'name');
    fc.assert(fc.property(name, fc.jsonValue(), (key, value) => void readV2({ [key]: value })));
    const frame = fc.jsonValue().map((payload) => JSON.stringify({ $type: 'message', payload }));
    fc.assert(fc.property(frame, (text) => void readEvent(text)));
  });
});

describe.skipIf(!existsSync(CAPTURE))('what the real service sent on one day', () => {
  test('is read completely', () => {
    const frames = decodeFile(CAPTURE);
    const count = (kind: JetstreamEvent['kind']) =>
      frames.filter((frame) => frame.kind === kind).length;
    expect({
      post: count('post'),
      deleted: count('deleted'),
      other: count('other'),
      bad: count('bad'),
    }).toEqual({
      // 18 frames are on posts; one of them is a deletion.
      post: 17,
      deleted: 1,
      other: 134,
      bad: 0,
    });
  });

  test('has credible times and valid languages throughout', () => {
    for (const frame of decodeFile(CAPTURE)) {
      if (frame.kind !== 'post') continue;
      const { createdAt, langs } = frame.post;
      expect(frame.position.timeUs / 1000 - Number(createdAt)).toBeLessThan(60_000);
      expect(langs.length).toBeLessThanOrEqual(3);
    }
  });
});
