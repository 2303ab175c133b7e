import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvent } from '../../../src/source/mastodon/streaming-event.ts';
import { type StatusDraft, statusOf, uriOf } from '../../support/statuses.ts';

const NOW = Date.parse('2026-11-20T10:00:05Z');

function frame(event: string, payload: unknown): string {
  return JSON.stringify({ stream: ['public'], event, payload });
}

function read(draft: object) {
  return readEvent(frame('update', JSON.stringify(statusOf(7, draft as StatusDraft))), NOW);
}

function postOf(draft: StatusDraft) {
  const event = read(draft);
  if (event.kind !== 'post') throw new Error(JSON.stringify(event));
  return event.post;
}

describe('a new status', () => {
  test('is a post, with the address that it has on every instance as its id', () => {
    expect(read({ text: 'I love #Coffee', tags: [{ name: 'coffee', url: 'x' }] })).toEqual({
      kind: 'post',
      id: '1000007',
      post: {
        id: uriOf(7),
        source: 'mastodon',
        text: 'I love #Coffee',
        asSent: undefined,
        tags: ['coffee'],
        links: [],
        attached: [],
        langs: ['en'],
        createdAt: new Date('2026-11-20T10:00:00Z'),
        url: 'https://home.example/@user7/7',
      },
    });
  });

  test('begins with its content warning', () => {
    const draft = {
      spoiler_text: ' sad\nnews ',
      text: 'see https://example.com/a/long/path/to/it/all',
    };
    expect(postOf(draft)).toMatchObject({
      text: 'sad news see https://example.com/a/long/path/to/it/all',
      asSent: 'sad news see example.com/a/long/path/to/it/…',
    });
    expect(postOf({ spoiler_text: 'only this' }).text).toBe('only this');
  });

  test('states its links, and what stands beside the text', () => {
    const draft = {
      text: 'look https://a.example/b',
      card: { url: 'https://a.example/c', title: 'A card' },
      media_attachments: [{ description: 'a cat' }, { description: null }, 1],
      poll: { options: [{ title: 'yes' }, { title: 'no' }] },
      mentions: [{ username: 'alice' }, { username: 'not a name' }],
    };
    expect(postOf(draft)).toMatchObject({
      links: ['https://a.example/b', 'https://a.example/c'],
      attached: ['A card', 'a cat', 'yes', 'no', '@alice'],
    });
    const shown = '<p>hello <a href="https://m.example/@alice" class="mention">@alice</a></p>';
    expect(postOf({ ...draft, content: shown }).attached).not.toContain('@alice');
  });

  test.each([
    ['zh-TW', ['zh-TW']],
    ['eng', ['en']],
    ['pt-br', ['pt-BR']],
    ['und', []],
    [null, []],
    ['not a language', []],
    [7, []],
  ])('in the language %j is in %j', (language, langs) => {
    expect(postOf({ language }).langs).toEqual(langs);
  });

  test.each([
    ['2026-11-20T09:00:00.000Z', '2026-11-20T09:00:00Z'],
    ['2026-11-20T10:00:06Z', '2026-11-20T10:00:05Z'],
    ['2019-01-01T00:00:00Z', '2026-11-20T10:00:05Z'],
    ['soon', '2026-11-20T10:00:05Z'],
    [null, '2026-11-20T10:00:05Z'],
  ])('that claims to be of %j is of %s', (claim, date) => {
    expect(postOf({ created_at: claim }).createdAt).toEqual(new Date(date));
  });

  test.each([
    [{ url: null }, uriOf(7)],
    [{ url: 'javascript:alert(1)' }, uriOf(7)],
    [{ url: 'javascript:alert(1)', uri: 'tag:home.example,2017:7' }, undefined],
  ])('with %j links to %s', (draft, url) => {
    expect(postOf(draft).url).toBe(url);
  });

  test.each([
    [{ reblog: statusOf(1) }],
    [{ visibility: 'unlisted' }],
    [{ visibility: 'private' }],
    [{ visibility: 'direct' }],
  ])('with %j is skipped', (draft) => {
    expect(read(draft)).toEqual({ kind: 'other' });
  });

  test.each([
    [{ id: 7 }, '"id" is no id: 7'],
    [{ id: '../7' }, '"id" is no id: "../7"'],
    [{ visibility: undefined }, '"visibility" is not a string: missing'],
    [{ uri: null }, '"uri" is not an address: null'],
    [{ uri: 'https://a.example/ b' }, '"uri" is not an address: "https://a.example/ b"'],
    [{ uri: `https://a.example/${'x'.repeat(1024)}` }, expect.stringContaining('"uri"')],
    [{ content: ['a'] }, '"content" is not a string: a list'],
  ])('with %j is bad', (draft, reason) => {
    expect(read(draft)).toEqual({ kind: 'bad', reason });
  });

  test('has no more beside its text than a post may have', () => {
    const many = <T>(make: (n: number) => T) => Array.from({ length: 5000 }, (_, n) => make(n));
    const post = postOf({
      tags: many((n) => ({ name: `tag${n}` })),
      content: many((n) => `<a href="https://a.example/${n}">x</a>`).join(''),
      media_attachments: many(() => ({ description: 'x'.repeat(5000) })),
      mentions: many((n) => ({ username: `user${n}` })),
    });
    expect(post.tags).toHaveLength(64);
    expect(post.links).toHaveLength(32);
    expect(post.attached).toHaveLength(32);
    expect(post.attached[0]).toHaveLength(2048);
  });
});

describe('another event', () => {
  test.each([
    [frame('delete', '1000007'), { kind: 'deleted', id: '1000007' }],
    [frame('delete', 1000007), { kind: 'deleted', id: '1000007' }],
    [frame('delete', { id: '7' }), { kind: 'bad', reason: '"payload" is no id: an object' }],
    [frame('status.update', JSON.stringify(statusOf(7))), { kind: 'other' }],
    [frame('filters_changed', undefined), { kind: 'other' }],
    [frame('announcement', '{}'), { kind: 'other' }],
    ['{"error":"Not found","status":404}', { kind: 'error', status: 404, said: '"Not found"' }],
    ['{"error":{}}', { kind: 'error', status: 0, said: 'an object' }],
    ['{"event":', { kind: 'bad', reason: 'the frame is not JSON: "{\\"event\\":"' }],
    ['[1]', { kind: 'bad', reason: 'the frame is not a JSON object: "[1]"' }],
    ['{}', { kind: 'bad', reason: '"event" is not a string: missing' }],
    [frame('update', 7), { kind: 'bad', reason: '"payload" is not a string: 7' }],
    [frame('update', '{'), { kind: 'bad', reason: '"payload" is no status: "{"' }],
    [frame('update', 'null'), { kind: 'bad', reason: '"payload" is no status: "null"' }],
  ])('%s', (text, event) => {
    expect(readEvent(text, NOW)).toEqual(event);
  });

  test('of any shape is read without an error', () => {
    const fields = Object.keys(statusOf(1));
    const status = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue({ maxDepth: 3 }));
    const changed = status.map((changes) => JSON.stringify({ ...statusOf(1), ...changes }));
    fc.assert(
      fc.property(fc.oneof(changed, fc.json(), fc.string()), (payload) => {
        for (const text of [frame('update', payload), frame('delete', payload), payload]) {
          expect(['post', 'deleted', 'other', 'error', 'bad']).toContain(readEvent(text, NOW).kind);
        }
      }),
    );
  });
});
