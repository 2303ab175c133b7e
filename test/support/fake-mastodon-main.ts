// A command that plays a file as if it were an instance of Mastodon: npm run fake-mastodon -- --file FILE

import { systemClock } from '../../src/base/clock.ts';
import { startFakeMastodon } from './fake-mastodon.ts';
import { listening, type PlayArguments, playOn, readPlayArguments } from './play-arguments.ts';
import { statusOf } from './statuses.ts';

/** The longest time without an event: a large instance is never quiet for longer. In milliseconds. */
const SIGN_OF_LIFE_MS = 5000;
const TOKEN = 'a-token-of-nobody';

const told = readPlayArguments('fake-mastodon', 10);
if (told !== undefined) await play(told);

async function play(told: PlayArguments): Promise<void> {
  const { posts, rate, port } = told;
  const mastodon = await listening('fake-mastodon', startFakeMastodon({ port, token: TOKEN }));
  console.log(`${posts.length} posts, ${rate} a second, over and over. Try it with:\n`);
  console.log(
    `  MASTODON_TOKEN=${TOKEN} npm start -- --source mastodon --mastodon-url ${mastodon.url}\n`,
  );

  playOn(told, ({ text, langs }, number) => {
    const created_at = new Date(systemClock.now()).toISOString();
    mastodon.emit(statusOf(number, { text, language: langs[0] ?? null, created_at }));
  });
  setInterval(() => mastodon.delete('1'), SIGN_OF_LIFE_MS);
}
