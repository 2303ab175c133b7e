// A command that plays a file as if it were an instance of Mastodon: npm run fake-mastodon -- --file FILE

import { systemClock } from '../../src/base/clock.ts';
import { startFakeMastodon } from './fake-mastodon.ts';
import { listening, type PlayArguments, readPlayArguments } from './play-arguments.ts';
import { statusOf } from './statuses.ts';

const TICK_MS = 50;
/** So much passes at most without an event: a large instance is never still either. */
const SIGN_OF_LIFE_MS = 5000;
const TOKEN = 'a-token-of-nobody';

const told = readPlayArguments('fake-mastodon', 10);
if (told !== undefined) await play(told);

async function play({ posts, rate, port }: PlayArguments): Promise<void> {
  const mastodon = await listening('fake-mastodon', startFakeMastodon({ port, token: TOKEN }));
  console.log(`${posts.length} posts, ${rate} a second, over and over. Try it with:\n`);
  console.log(
    `  MASTODON_TOKEN=${TOKEN} npm start -- --source mastodon --mastodon-url ${mastodon.url}\n`,
  );

  // Numbers of an earlier run would be taken for repeats of its posts.
  const first = systemClock.now();
  const start = systemClock.monotonic();
  let played = 0;
  setInterval(() => {
    const due = ((systemClock.monotonic() - start) / 1000) * rate;
    for (; played < due; played++) {
      const { text = '', langs } = posts[played % posts.length] ?? {};
      const draft = {
        text,
        language: langs?.[0] ?? null,
        created_at: new Date(systemClock.now()).toISOString(),
      };
      mastodon.emit(statusOf(first + played, draft));
    }
  }, TICK_MS);
  setInterval(() => mastodon.delete('1'), SIGN_OF_LIFE_MS);
}
