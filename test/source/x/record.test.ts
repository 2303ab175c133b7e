import { describe, expect, test } from 'vitest';
import { readRecord } from '../../../src/source/x/record.ts';
import { spellLine } from '../../support/fake-x.ts';
import { until } from '../../support/until.ts';
import { startXSource, xPost } from '../../support/x-source.ts';

const read = (data: unknown) => readRecord(JSON.stringify({ data }));

describe('a line of the stream', () => {
  test('is a post in the form that X documents', () => {
    const line =
      '{"data":{"id":"1970000000000000001","text":"Rust 2.0 is out and it is lovely #rustlang","lang":"en",' +
      '"created_at":"2026-11-20T10:11:12.000Z","edit_history_tweet_ids":["1970000000000000001"],"entities":' +
      '{"hashtags":[{"start":33,"end":42,"tag":"rustlang"}]}},"matching_rules":[{"id":"1969","tag":"r1"}]}';
    expect(readRecord(line)).toEqual({
      kind: 'post',
      original: '1970000000000000001',
      post: {
        id: '1970000000000000001',
        source: 'x',
        text: 'Rust 2.0 is out and it is lovely #rustlang',
        tags: ['rustlang'],
        links: [],
        attached: [],
        langs: ['en'],
        createdAt: new Date('2026-11-20T10:11:12.000Z'),
        url: 'https://x.com/i/web/status/1970000000000000001',
      },
    });
  });

  test.each(['note_tweet', 'note_post'])('takes the whole text of a long post from %s', (field) => {
    const record = read({
      id: '1',
      text: 'The beginning …',
      [field]: { text: 'The beginning and the end' },
    });
    expect(record).toMatchObject({ post: { text: 'The beginning and the end' } });
  });

  test.each(['referenced_tweets', 'referenced_posts'])(
    'is a repost if %s says so, and not if it quotes',
    (field) => {
      expect(read({ id: '2', text: 'RT', [field]: [{ type: 'retweeted', id: '1' }] }).kind).toBe(
        'repost',
      );
      expect(read({ id: '2', text: 'see', [field]: [{ type: 'quoted', id: '1' }] }).kind).toBe(
        'post',
      );
    },
  );

  test.each(['edit_history_tweet_ids', 'edit_history_post_ids'])(
    'is an edit of the first in %s',
    (field) => {
      expect(read({ id: '30', text: 'x', [field]: ['9', '20', '30'] })).toMatchObject({
        original: '9',
      });
      expect(read({ id: '30', text: 'x', [field]: ['30', '20', '9'] })).toMatchObject({
        original: '9',
      });
    },
  );

  test.each([
    ['und', []],
    ['qme', []],
    ['zxx', []],
    ['qam', []],
    ['art', []],
    ['eng', ['en']],
    ['iw', ['he']],
    ['in', ['id']],
    ['no', ['no', 'nb']],
    ['de', ['de']],
  ])('in language %s is in %j', (lang, langs) => {
    expect(read({ id: '1', text: 'x', lang })).toMatchObject({ post: { langs } });
  });

  test.each([
    ['{"data":', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['"text"', 'not a JSON object'],
    ['{}', '"data" must be an object'],
    ['{"data":null}', '"data" must be an object'],
    ['{"data":{"text":"x"}}', '"id" must be a string of digits'],
    ['{"data":{"id":7,"text":"x"}}', '"id" must be a string of digits'],
    ['{"data":{"id":"../7","text":"x"}}', '"id" must be a string of digits'],
    ['{"data":{"id":"7"}}', '"text" must be a string'],
    ['{"data":{"id":"7","text":"x","lang":7}}', '"lang" must be a string'],
    [
      `{"data":{"id":"7","text":"x","lang":"${'x'.repeat(36)}"}}`,
      '"lang" is too long for a language',
    ],
    ['{"data":{"id":"7","text":"x","created_at":"soon"}}', '"created_at" must be a date'],
    ['{"data":{"id":"7","text":"x","created_at":"12"}}', '"created_at" must be a date'],
    [
      '{"data":{"id":"7","text":"x","created_at":"+275760-09-13T00:00:00Z"}}',
      '"created_at" must be a date',
    ],
    [
      '{"data":{"id":"7","text":"x","created_at":"9999-12-31T23:59:59-14:00"}}',
      '"created_at" must be a date',
    ],
    ['{"data":{"id":"7","text":"x","referenced_tweets":{}}}', '"referenced_tweets" must be a list'],
    [
      '{"data":{"id":"7","text":"x","edit_history_tweet_ids":[7]}}',
      '"edit_history_tweet_ids" must be a list of ids',
    ],
    [
      '{"data":{"id":"7","text":"x","note_tweet":{"text":7}}}',
      '"note_tweet.text" must be a string',
    ],
  ])('%s is bad: %s', (line, reason) => {
    expect(readRecord(line)).toEqual({ kind: 'bad', reason });
  });

  test.each(['', '"data":', '"data":{"id":"7","text":"x","lang":', '"errors":[', '"title":'])(
    'may be nested as deeply as it is long: {%s[[…',
    (start) => {
      const depth = 400_000;
      const closing = '}'.repeat(start.split('{').length);
      const list = start.endsWith('[') ? ']' : '';
      const key = start === '' ? '"other":' : start;
      const line = `{${key}${'['.repeat(depth)}${']'.repeat(depth)}${list}${closing}`;
      expect(['bad', 'error']).toContain(readRecord(line).kind);
    },
  );

  test('with a disconnection is the end of the stream', () => {
    expect(readRecord('{"errors":[{"title":"operational-disconnect","detail":"bye"}]}')).toEqual({
      kind: 'error',
      failure: { kind: 'network', reason: 'X ended the stream (operational-disconnect: bye)' },
    });
  });

  const problem = 'https://api.twitter.com/2/problems/';
  test.each([
    ['network', { title: 'operational-disconnect' }],
    ['network', { title: 'OperationalDisconnect' }],
    ['network', { title: 'Sorry', disconnect_type: 'UpstreamOperationalDisconnect' }],
    ['network', { type: `${problem}operational-disconnect` }],
    ['network', { type: `${problem}client-disconnected` }],
    ['network', { type: 'https://developer.x.com/en/support/errors#operational-disconnect' }],
    ['network', { title: 'ConnectionException' }],
    ['network', { type: `${problem}streaming-connection` }],
    ['taken', { title: 'ConnectionException', connection_issue: 'TooManyConnections' }],
  ])('ends the stream (%s) with %j, alone or among errors', (kind, error) => {
    const other = { title: 'Not Found Error' };
    for (const line of [error, { errors: [error] }, { data: null, errors: [other, error] }]) {
      expect(readRecord(JSON.stringify(line))).toMatchObject({ kind: 'error', failure: { kind } });
    }
  });

  test.each([
    { title: 'Not Found Error', type: `${problem}resource-not-found`, resource_type: 'tweet' },
    { title: 'Authorization Error', type: `${problem}not-authorized-for-resource` },
    { title: 'Forbidden', type: `${problem}operational-disconnect/else` },
    { title: 'Something new', detail: 'It has no name yet.' },
    {},
    null,
    'operational-disconnect',
  ])('without a post is bad and not the end of the stream, if its error is %j', (error) => {
    const line = { errors: [error], includes: {} };
    expect(readRecord(JSON.stringify(line))).toMatchObject({
      kind: 'bad',
      reason: expect.stringMatching(/^an error without a post \(.+\)$/),
    });
  });

  test.each(['{"errors":[]}', '{"errors":{}}', '{"data":null,"errors":7}'])(
    'that states no error is bad: %s',
    (line) => {
      expect(readRecord(line).kind).toBe('bad');
    },
  );

  test('with a post and errors is the post, whatever the errors', () => {
    for (const title of ['Not Found Error', 'Authorization Error', 'operational-disconnect']) {
      const line = { data: { id: '7', text: 'x' }, errors: [{ title }] };
      expect(readRecord(JSON.stringify(line)).kind).toBe('post');
    }
  });
});

describe('posts from X', () => {
  test('are delivered once each, without repeats, edits and reposts', async () => {
    const it = await startXSource();
    const { x, live, posts, bad, source } = it;
    await live('rust');
    const first = xPost('rust');
    const edit = xPost('rust, edited', {
      edit_history_tweet_ids: [first.id, String(BigInt(first.id) + 1n)],
    });
    const repost = xPost('RT rust', { referenced_tweets: [{ type: 'retweeted', id: first.id }] });
    const last = xPost('last of rust');
    for (const post of [first, first, edit, repost]) await x.raw(spellLine(post));
    await x.raw('rubbish\r\n');
    await x.raw(spellLine(last));
    await until(() => posts.length === 2);
    expect(posts.map(({ id }) => id)).toEqual([first.id, last.id]);
    expect(bad).toEqual(['line 5: not JSON']);
    // X charges for all except the repeat.
    expect(source.usage?.postsToday).toBe(5);
    expect(it.repeated).toBe(2);
  });

  test('are skipped if their line is too long, and the next one is read', async () => {
    const { x, live, posts, bad } = await startXSource();
    await live('rust');
    await x.raw(`${'x'.repeat(3 * 1024 * 1024)}\r\n`);
    await x.push(xPost('rust'));
    await until(() => posts.length === 1);
    expect(bad).toEqual(['line 1: it is too long']);
  });
});
