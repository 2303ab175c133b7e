import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { FOLLOW_AGAIN_MS } from '../../src/server/followed-tracks.ts';
import { connectTrack } from '../support/clients.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { track } from '../support/tracks.ts';
import { until } from '../support/until.ts';

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

  test.each([
    [
      ['--follow', 'coffee', '--follow', 'the'],
      '--follow is "coffee\nthe". It must be a query that can be followed: "the" is',
    ],
    [
      ['--follow', 'coffee', '--follow', 'tea', '--max-tracks', '1'],
      '--follow has 2 tracks, but --max-tracks allows 1.',
    ],
  ])('%j is a mistake', (argv, mistake) => {
    const parsed = parseConfig(argv, {});
    const [first = '', ...others] = 'mistakes' in parsed ? parsed.mistakes : [];
    expect(first).toContain(mistake);
    expect(others).toEqual([]);
  });
});
