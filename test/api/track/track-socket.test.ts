// Tests every quirk in schema/track.md, which names each of these tests.

import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/user-error.ts';
import { parseTrack } from '../../../src/track/track.ts';
import { connectTrack } from '../../support/clients.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { track } from '../../support/tracks.ts';
import { until } from '../../support/until.ts';

async function start(...argv: readonly string[]) {
  const senti = await startSenti(configOf(...argv));
  const client = await connectTrack(senti.socketUrl);
  /** Sends a query and waits until exactly these tracks are wanted. */
  const follow = async (query: string, ...wanted: string[]) => {
    client.send({ track: query });
    const areWanted = () => String(senti.source.wanted.at(-1) ?? []) === String(wanted);
    await until(areWanted, `${wanted} is wanted`);
  };
  return { ...senti, ...client, follow };
}

describe('/track', () => {
  test('sends polarityIndex and hashtags for every matching post, and nothing else', async () => {
    const { source, follow, received, messages } = await start();
    await follow('coffee', 'coffee');
    source.say('I love coffee #yum #Yum #joy');
    source.say('tea');
    source.say('coffee is awful');
    source.say('coffee');
    expect(await received(3)).toEqual([
      { polarityIndex: 0, hashtags: { yum: 2, joy: 1 } },
      { polarityIndex: 1, hashtags: {} },
      { polarityIndex: 2, hashtags: {} },
    ]);
    expect(messages.length).toBe(3);
  });

  test('sends nothing before a track is sent', async () => {
    const { source, follow, received, messages } = await start();
    source.say('coffee');
    await follow('coffee', 'coffee');
    source.say('coffee #first');
    await received(1);
    expect(messages).toEqual([{ polarityIndex: 2, hashtags: { first: 1 } }]);
  });

  test('replaces the last track with a new one', async () => {
    const { source, follow, received } = await start();
    await follow('coffee', 'coffee');
    await follow('tea', 'tea');
    source.say('coffee #bean');
    source.say('tea #leaf');
    expect(await received(1)).toEqual([{ polarityIndex: 2, hashtags: { leaf: 1 } }]);
  });

  test('keeps the topic open when the same track is sent again', async () => {
    const { source, follow, send, received } = await start();
    await follow('b a', 'a b');
    send({ track: 'A  B' });
    await follow('tea', 'tea');
    expect(source.wanted).toEqual([['a b'], ['a b', 'tea'], ['tea']]);
    source.say('tea');
    expect((await received(1)).length).toBe(1);
  });

  test.each(['', '   '])('stops sending after the track %j, and stays open', async (empty) => {
    const { source, follow, received } = await start();
    await follow('coffee', 'coffee');
    await follow(empty);
    expect(source.state).toEqual({ name: 'idle' });
    await follow('tea', 'tea');
    source.say('coffee and tea');
    expect((await received(1)).length).toBe(1);
  });

  test.each(['', 'track', '{"track": "coffee"', "{'track': 'coffee'}"])(
    'closes with 1007 after %j, which is not JSON',
    async (message) => {
      const { send, closed } = await start();
      send(message);
      expect(await closed).toEqual({
        code: 1007,
        reason: 'Not JSON; send {"track": "coffee"}',
      });
    },
  );

  test.each(['null', '7', '"coffee"', '[]', '["track"]', '{}', '{"track": 7}', '{"track": null}'])(
    'closes with 1008 after %s, which has no string track',
    async (message) => {
      const { send, closed } = await start();
      send(message);
      expect(await closed).toEqual({
        code: 1008,
        reason: 'No string "track" in the message; send {"track": "coffee"}',
      });
    },
  );

  test('closes with 1008 and the reason when it rejects a query', async () => {
    const { send, closed } = await start();
    send({ track: 'the' });
    const { code, reason } = await closed;
    expect(code).toBe(1008);
    expect(reason).toMatch(/^"the" is nothing but stop words/);
  });

  test('closes with 1008 and the reason when the upstream has no room for the track', async () => {
    const { source, follow, closed } = await start();
    await follow('coffee', 'coffee');
    source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'X has no room.'));
    expect(await closed).toEqual({ code: 1008, reason: 'X has no room.' });
  });

  test('shortens a reason to the 123 bytes that a close frame may hold', async () => {
    const { send, closed } = await start();
    send({ track: `-${'ж'.repeat(200)}` });
    const { code, reason } = await closed;
    expect(code).toBe(1008);
    expect(reason).toBe(`"-${'ж'.repeat(60)}`);
  });

  test('shortens a reason at the end of a word', async () => {
    const { send, closed } = await start();
    send({ track: 'from:alice' });
    const { reason } = await closed;
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(reason).toMatch(/"@alice" finds posts that mention alice\. [\w ]* [a-z]+…$/);
    const [whole] = reason.split('…');
    expect(parseTrack('from:alice')).toMatchObject({
      message: expect.stringContaining(`${whole} `),
    });
  });

  test('stops listening when it closes a socket, and leaves other sockets open', async () => {
    const { source, socketUrl, follow, send, closed } = await start();
    const other = await connectTrack(socketUrl);
    other.send({ track: 'tea' });
    await until(() => source.wanted.length === 1, 'tea is wanted');
    await follow('coffee', 'tea', 'coffee');
    send('nonsense');
    await closed;
    await until(() => String(source.wanted.at(-1)) === 'tea', 'only tea is wanted');
    source.say('tea');
    expect((await other.received(1)).length).toBe(1);
  });

  test('ignores other keys of a message', async () => {
    const { source, send } = await start();
    send({ track: 'coffee', language: 'de', track2: 1 });
    await until(() => source.wanted.length === 1, 'coffee is wanted');
    expect(source.wanted).toEqual([['coffee']]);
  });

  test('reads a binary message as text', async () => {
    const { source, socket } = await start();
    socket.send(Buffer.from('{"track": "coffee"}'), { binary: true });
    await until(() => source.wanted.length === 1, 'coffee is wanted');
    expect(source.wanted).toEqual([['coffee']]);
  });

  test('sends hashtags with any name', async () => {
    const { source, follow, received } = await start();
    await follow('coffee', 'coffee');
    source.say('coffee #constructor #__proto__ #東京');
    const [message] = await received(1);
    expect(Object.entries(message?.hashtags ?? {}).sort()).toEqual([
      ['__proto__', 1],
      ['constructor', 1],
      ['東京', 1],
    ]);
  });

  test.each(['full', 'original'])(
    'sends the 50 most frequent hashtags of a post under the profile %s',
    async (profile) => {
      const { source, follow, received } = await start('--profile', profile);
      await follow('coffee', 'coffee');
      const tags = Array.from(
        { length: 40_000 },
        (_, i) => `#tag${'xyz'[i % 3]}${'a'.repeat(i % 100)}`,
      );
      source.say(`coffee ${tags.join(' ')}`);
      const [message] = await received(1);
      expect(Object.keys(message?.hashtags ?? {}).length).toBe(50);
    },
  );

  test('closes with 1013 when its work budget is used up', async () => {
    const { follow, send, closed } = await start('--max-work-per-second', '1');
    await follow('coffee', 'coffee');
    send({ track: 'tea' });
    expect(await closed).toEqual({
      code: 1013,
      reason: expect.stringMatching(
        /^This connection has used up its budget of work; wait \d+ seconds\.$/,
      ),
    });
  });

  test('answers as the first server did under the profile original', async () => {
    const { source, follow, received } = await start('--profile', 'original');
    await follow('coffee', 'coffee');
    source.say('Coffee!! #Größe #a_b @great');
    expect(await received(1)).toEqual([{ polarityIndex: 2, hashtags: { gr: 1, a: 1 } }]);
  });

  test('selects no subprotocol', async () => {
    const { socket } = await start();
    expect(socket.protocol).toBe('');
  });

  test('closes with 1001 when the server stops', async () => {
    const { follow, close, closed } = await start();
    await follow('coffee', 'coffee');
    await close();
    expect((await closed).code).toBe(1001);
  });

  test('stops listening when its client vanishes without a close', async () => {
    const { source, socket, follow } = await start();
    await follow('coffee', 'coffee');
    socket.terminate();
    await until(() => source.state.name === 'idle', 'the source is idle');
  });
});
