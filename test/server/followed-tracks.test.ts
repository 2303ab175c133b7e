import { describe, expect, test } from 'vitest';
import { StatusDocument } from '../../schema/operations.ts';
import { UserError } from '../../src/base/user-error.ts';
import type { Config } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { FOLLOW_AGAIN_MS } from '../../src/server/followed-tracks.ts';
import { connectGraphQL, connectTrack, post } from '../support/clients.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { startSeveral } from '../support/several.ts';
import { track } from '../support/tracks.ts';
import { eventually, until } from '../support/until.ts';

function withX(...argv: readonly string[]): Config {
  const parsed = parseConfig([...argv, '--port', '0'], { X_BEARER_TOKEN: 'a-token' });
  if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

describe('--follow', () => {
  test('keeps tracks open without a listener, whatever clients do', async () => {
    const senti = await startSenti(
      configOf('--follow', 'coffee', '--follow', 'Rust lang, #rustlang'),
    );
    const followed = ['coffee', '#rustlang, lang rust'].sort();
    const wanted = () => [...(senti.source.wanted.at(-1) ?? [])].sort();
    expect(wanted()).toEqual(followed.map((query) => track(query).canonical).sort());
    const client = await connectTrack(senti.socketUrl);
    client.send({ track: 'COFFEE' });
    client.send({ track: 'tea' });
    await until(() => wanted().length === 3, 'tea is open');
    client.send({ track: '' });
    await until(() => wanted().length === 2, 'tea is closed');
    expect(wanted()).toContain('coffee');
  });

  test('tries again when the upstream has rejected a track, and says so', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(configOf('--follow', 'coffee'), clock);
    senti.source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
    expect(senti.source.wanted.at(-1)).toEqual([]);
    expect(senti.warnings.join()).toContain('coffee');
    expect(senti.warnings.join()).toContain('No room.');
    clock.advance(FOLLOW_AGAIN_MS);
    expect(senti.source.wanted.at(-1)).toEqual(['coffee']);
  });

  test('reads one track a line from the environment, each once', () => {
    const parsed = parseConfig([], { FOLLOW: 'coffee\n\nrust lang, #rustlang\nCoffee\n' });
    const follow = 'config' in parsed ? parsed.config.follow : [];
    expect(follow.map(({ canonical }) => canonical)).toEqual(
      ['coffee', 'rust lang, #rustlang'].map((query) => track(query).canonical),
    );
  });

  test('follows a track at some of the sources, for the clients that name the same', async () => {
    const { sources, url, socketUrl } = await startSeveral(
      ['bluesky', 'x'],
      withX('--source', 'bluesky,x', '--follow', 'Tea -milk, COFFEE [x]'),
    );
    const wanted = () => sources.map((source) => source.wanted.at(-1) ?? []);
    const followed = [[], ['coffee, tea -milk [x]']];
    expect(wanted()).toEqual(followed);
    const client = connectGraphQL(socketUrl);
    const query =
      'subscription { sentiment(track: "coffee, tea -milk", sources: ["x"]) { score } }';
    const events = client.iterate({ query });
    const first = events.next();
    await eventually(
      async () => (await post(url, StatusDocument, {})).data?.status.listeners === 1,
    );
    sources[1]?.say('tea');
    expect((await first).value).toMatchObject({ data: { sentiment: {} } });
    expect(wanted()).toEqual(followed);
  });

  test('at all sources, however many are named, is what a client without sources hears', () => {
    const names = ['Coffee [x]', 'coffee [x,bluesky]', 'coffee [ x , bluesky ]', 'coffee'];
    const argv = names.flatMap((name) => ['--follow', name]);
    const read = (sources: string) =>
      withX('--source', sources, ...argv).follow.map(({ canonical }) => canonical);
    expect(read('bluesky,x')).toEqual(['coffee [x]', 'coffee']);
  });

  test.each([
    [
      ['--follow', 'coffee', '--follow', 'the'],
      '--follow is "the". It must be a query that can be followed: "the" is',
    ],
    [
      ['--follow', 'coffee', '--follow', 'tea', '--max-tracks', '1'],
      '--follow has 2 tracks, but --max-tracks allows 1.',
    ],
    [
      ['--source', 'bluesky', '--follow', 'coffee [bluesky,x]'],
      '--follow has "coffee [bluesky,x]", but --source names only bluesky. Choose from these, or omit the brackets.',
    ],
    [['--follow', 'coffee []'], '--follow has "coffee []", but --source names only sample.'],
    [['--follow', 'the [sample]'], 'It must be a query that can be followed: "the" is'],
  ])('%j is a mistake', (argv, mistake) => {
    const parsed = parseConfig(argv, {});
    const [first = '', ...others] = 'mistakes' in parsed ? parsed.mistakes : [];
    expect(first).toContain(mistake);
    expect(others).toEqual([]);
  });
});
