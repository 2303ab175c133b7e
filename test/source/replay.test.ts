import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LINES_A_TICK } from '../../src/source/lines.ts';
import { createReplay, type ReplayOptions } from '../../src/source/replay.ts';
import { sourceContract } from '../contract/source.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { NO_FILES, ndjson, tempFile } from '../support/temp-file.ts';
import { track } from '../support/tracks.ts';

/** Linux lists the open files of a process here. */
const OPEN_FILES = '/proc/self/fd';

const TEN_POSTS = ndjson(
  Array.from({ length: 10 }, (_, i) => ({
    id: `p${i}`,
    text: 'coffee',
    createdAt: '2026-11-20T10:11:12Z',
  })),
);

sourceContract('replay', async (sink) => {
  const clock = new FakeClock();
  const file = tempFile('ten.ndjson', TEN_POSTS);
  return {
    source: createReplay({ file, rate: 25, loop: false }, sink, clock),
    run: (done) => passTime(clock, done),
  };
});

function open(content: string | Uint8Array, options: Partial<ReplayOptions> = {}) {
  const sink = createRecordingSink();
  const clock = new FakeClock();
  const file = tempFile('posts.ndjson', content);
  const source = createReplay({ file, rate: 'max', loop: false, ...options }, sink, clock);
  onTestFinished(() => source.close());
  const until: typeof sink.until = (condition) => passTime(clock, sink.until(condition));
  return { sink, until, file, source, wanted: new Set([track('coffee')]) };
}

describe('replay', () => {
  test('reads every field of a record', async () => {
    const record = {
      id: '1',
      text: 'Tea &amp; toast',
      lang: 'en-GB',
      createdAt: '2026-11-20T10:11:12.000Z',
      url: 'https://example.com/1',
      tags: ['#tea', 'toast', 'tea'],
      links: ['https://example.com/toast'],
      attached: ['A cup', ''],
    };
    const { sink, until, source, wanted } = open(ndjson([record]));
    source.want(wanted);
    await until(({ posts }) => posts.length === 1);
    expect(sink.posts).toEqual([
      {
        id: '1',
        source: 'replay',
        text: 'Tea &amp; toast',
        tags: ['tea', 'toast'],
        links: ['https://example.com/toast'],
        attached: ['A cup'],
        langs: ['en-GB'],
        createdAt: new Date('2026-11-20T10:11:12.000Z'),
        url: 'https://example.com/1',
      },
    ]);
  });

  test('finds the links of a post that states none in its text', async () => {
    const text = 'See https://example.com/a, (http://example.org/b?c=d) and ftp://example.net.';
    const posts = [
      { id: '1', text },
      { id: '2', text, links: [] },
    ];
    const { sink, until, source, wanted } = open(ndjson(posts));
    source.want(wanted);
    await until(() => sink.posts.length === 2);
    expect(sink.posts.map(({ links }) => links)).toEqual([
      ['https://example.com/a', 'http://example.org/b?c=d'],
      [],
    ]);
  });

  test.each([
    ['tags', 'tea', '"tags" must be a list of strings'],
    ['tags', [1], '"tags" must be a list of strings'],
    ['tags', Array(65).fill('x'), '"tags" has more than 64 entries'],
    ['tags', ['x'.repeat(641)], '"tags" has an entry of more than 640 characters'],
    ['links', Array(33).fill('https://example.com'), '"links" has more than 32 entries'],
    ['links', ['javascript:alert(1)'], '"links" must be http or https addresses'],
    ['attached', { alt: 'x' }, '"attached" must be a list of strings'],
    ['attached', ['x'.repeat(2049)], '"attached" has an entry of more than 2048 characters'],
  ])('skips a post whose "%s" are not as they must be', async (name, value, reason) => {
    const posts = [
      { id: '1', text: 'coffee', [name]: value },
      { id: '2', text: 'coffee', [name]: null },
    ];
    const { sink, until, file, source, wanted } = open(ndjson(posts));
    source.want(wanted);
    await until(() => sink.posts.length === 1);
    expect(sink.reasons).toEqual([`${file}:1: ${reason}`]);
  });

  test('gives each post without an id one of its own, also when the file starts again', async () => {
    const posts = [{ text: 'coffee' }, { id: 'a', text: 'coffee' }, { id: null, text: 'coffee' }];
    const { sink, until, source, wanted } = open(ndjson(posts), { loop: true });
    source.want(wanted);
    await until(() => sink.posts.length >= 6);
    expect(sink.posts.slice(0, 6).map(({ id }) => id)).toEqual([
      'line-1',
      'a',
      'line-3',
      'line-4',
      'a',
      'line-6',
    ]);
  });

  test('names the file and line of each bad post, and goes on', async () => {
    const lines = [
      '{"id":"1","text":"coffee"}',
      '{"id":"2","text":',
      '[]',
      '{"id":3,"text":"coffee"}',
      '{"id":"4"}',
      '',
      '{"id":"5","text":"x","createdAt":"yesterday"}',
      '{"id":"6","text":"x","url":"javascript:alert(1)"}',
      '{"id":"7","text":"x","lang":7}',
      '{"id":"8","text":"coffee"}',
      '{"id":"9","text":"x","createdAt":"12"}',
      '{"id":"10","text":"x","createdAt":"9999-12-31T23:59:59-01:00"}',
    ];
    const { sink, until, file, source, wanted } = open(lines.join('\r\n'));
    source.want(wanted);
    await until(({ states }) => states.at(-1)?.name === 'paused');
    expect(sink.posts.map((post) => post.id)).toEqual(['1', '8']);
    expect(sink.reasons.map((reason) => reason.slice(file.length))).toEqual([
      expect.stringMatching(/^:2: not JSON \(.+\)$/),
      ':3: not a JSON object; expected {"text": "…"}',
      ':4: "id" must be a non-empty string',
      ':5: "text" must be a string',
      ':7: "createdAt" must be a date, such as "2026-11-20T10:11:12Z"',
      ':8: "url" must be an http or https address',
      ':9: "lang" must be a string, such as "en"',
      ':11: "createdAt" must be a date, such as "2026-11-20T10:11:12Z"',
      ':12: "createdAt" must be a date, such as "2026-11-20T10:11:12Z"',
    ]);
  });

  test('skips a line that is too long to be a post', async () => {
    const long = `{"id":"1","text":"${'x'.repeat(256 * 1024)}"}\n`;
    const { sink, until, file, source, wanted } = open(`${long}{"id":"2","text":"coffee"}`);
    source.want(wanted);
    await until(({ posts }) => posts.length === 1);
    expect(sink.reasons).toEqual([`${file}:1: the line is longer than 262144 bytes`]);
  });

  test.each(['id', 'lang', 'createdAt', 'url'])(
    'skips a post whose "%s" is too long',
    async (name) => {
      const post = { id: '1', text: 'coffee', [name]: 'x'.repeat(2049) };
      const { sink, until, file, source, wanted } = open(
        ndjson([post, { id: '2', text: 'coffee' }]),
      );
      source.want(wanted);
      await until(({ posts }) => posts.length === 1);
      expect(sink.reasons).toEqual([`${file}:1: "${name}" is longer than 2048 characters`]);
    },
  );

  test('reads a hundred thousand bad lines over many ticks', async () => {
    const { sink, until, source, wanted } = open(`${'x\n'.repeat(100_000)}${TEN_POSTS}`);
    let most = 0;
    source.want(wanted);
    const done = until(({ posts }) => posts.length === 10);
    for (let before = 0; sink.posts.length === 0; before = sink.reasons.length) {
      await setImmediate();
      most = Math.max(most, sink.reasons.length - before);
    }
    await done;
    expect(sink.reasons.length).toBe(100_000);
    expect(most).toBeLessThanOrEqual(2 * LINES_A_TICK);
  });

  test('stops at once among bad lines', async () => {
    const { sink, until, source, wanted } = open('x\n'.repeat(100_000));
    source.want(wanted);
    await until(({ reasons }) => reasons.length > 0);
    source.want(new Set());
    await source.close();
    expect(sink.reasons.length).toBeLessThanOrEqual(2 * LINES_A_TICK);
  });

  test('stops at once within an endless line', async () => {
    const { sink, until, file, source, wanted } = open(TEN_POSTS);
    truncateSync(file, 8 * 1024 ** 3);
    source.want(wanted);
    await until(({ posts }) => posts.length === 10);
    await source.close();
    expect(sink.states).toEqual([{ name: 'live' }]);
  });

  test.each(['a folder', 'a pipe that nobody writes to', 'an endless device'])(
    'pauses with a reason when the file has become %s',
    async (what) => {
      const { sink, until, file, source, wanted } = open(TEN_POSTS);
      rmSync(file);
      NO_FILES[what]?.(file);
      source.want(wanted);
      await until(({ states }) => states.at(-1)?.name === 'paused');
      expect(sink.states.at(-1)).toEqual({
        name: 'paused',
        reason: 'the path of --file must be a file, not a folder, pipe or device',
      });
    },
  );

  test('pauses at the end, with a reason', async () => {
    const { sink, until, source, wanted } = open(TEN_POSTS);
    source.want(wanted);
    await until(({ states }) => states.length === 2);
    const reason = 'the file was played to its end; with --loop it starts again';
    expect(sink.states).toEqual([{ name: 'live' }, { name: 'paused', reason }]);
    expect(sink.posts.length).toBe(10);
  });

  test('begins at the first post for a listener that comes after the last has left', async () => {
    const { sink, until, source, wanted } = open(TEN_POSTS);
    source.want(wanted);
    await until(({ posts }) => posts.length === 10);
    source.want(new Set());
    source.want(wanted);
    await until(({ posts }) => posts.length === 20);
    expect(sink.posts[10]?.id).toBe('p0');
  });

  test('starts over at the end when it loops', async () => {
    const { sink, until, source, wanted } = open(TEN_POSTS, { loop: true });
    source.want(wanted);
    await until(({ posts }) => posts.length >= 25);
    expect(sink.posts[20]?.id).toBe('p0');
  });

  test('does not spin on a loop over a file without a post, and says why it ends', async () => {
    const { sink, until, source, wanted } = open('{}\n', { loop: true });
    source.want(wanted);
    await until(({ states }) => states.length === 2);
    const reason = 'the file has no post that can be played';
    expect(sink.states.at(-1)).toEqual({ name: 'paused', reason });
    expect(sink.reasons.length).toBe(1);
  });

  test.skipIf(!existsSync(OPEN_FILES))(
    'keeps no file open when listeners come and go',
    async () => {
      const { until, sink, source, wanted } = open(TEN_POSTS, { loop: true });
      const before = readdirSync(OPEN_FILES).length;
      for (let i = 0; i < 100; i++) {
        source.want(wanted);
        if (i % 2 === 0) await until(() => sink.posts.length > i);
        source.want(new Set());
      }
      await source.close();
      expect(readdirSync(OPEN_FILES).length).toBeLessThanOrEqual(before + 1);
    },
  );

  test('plays the file that comes with Senti, each line of it', async () => {
    const file = fileURLToPath(new URL('../../src/source/posts.ndjson', import.meta.url));
    const { sink, until, source, wanted } = open('', { file });
    source.want(wanted);
    await until(({ states }) => states.length === 2);
    expect(sink.reasons).toEqual([]);
    expect(sink.posts.length).toBeGreaterThanOrEqual(30);
    for (const word of ['coffee', 'tea', 'football', 'rust']) {
      expect(sink.posts.filter(({ text }) => text.includes(word)).length).toBeGreaterThanOrEqual(3);
    }
  });

  test('pauses with a reason when the file is gone', async () => {
    const { sink, until, source, wanted } = open(TEN_POSTS, { file: '/nowhere/posts.ndjson' });
    source.want(wanted);
    await until(({ states }) => states.at(-1)?.name === 'paused');
    // Clients see the reason, but not the path.
    const reason = 'the file cannot be read: no such file or directory';
    expect(sink.states.at(-1)).toEqual({ name: 'paused', reason });
  });
});
