// A command that plays a file as if it were Bluesky, for as long as it runs: npm run fake-jetstream -- --file FILE

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { startFakeJetstream } from './fake-jetstream.ts';
import { type Draft, identityEvent, postEvent } from './jetstream-events.ts';

const USAGE =
  'Usage: npm run fake-jetstream -- --file posts.ndjson [--rate 50] [--port 0]\n' +
  'A line of the file is {"text": "…", "langs"?: ["en"], "lang"?: "en"}; it is played again and again.';

/** So much passes at most without a frame: the real stream is never still either. */
const SIGN_OF_LIFE_MS = 5000;
const TICK_MS = 50;

const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    rate: { type: 'string', default: '50' },
    port: { type: 'string', default: '0' },
  },
});
const rate = Number(values.rate);
const port = Number(values.port);

if (values.file === undefined || !(rate > 0) || !Number.isInteger(port)) {
  console.error(USAGE);
  process.exitCode = 1;
} else {
  await play(readDrafts(values.file));
}

async function play(drafts: readonly Draft[]): Promise<void> {
  const jetstream = await startFakeJetstream({ port });
  console.log(`${drafts.length} posts, ${rate} a second, over and over. Try it with:\n`);
  for (const url of [jetstream.url, jetstream.urlV2]) {
    console.log(`  npm start -- --source bluesky --bluesky-url ${url}\n`);
  }

  // Numbers of an earlier run would be taken for repeats of its posts.
  const first = systemClock.now();
  const start = systemClock.monotonic();
  let played = 0;
  setInterval(() => {
    const due = ((systemClock.monotonic() - start) / 1000) * rate;
    for (; played < due; played++) {
      const draft = drafts[played % drafts.length];
      if (draft) jetstream.emit(postEvent(first + played, draft));
    }
  }, TICK_MS);
  setInterval(() => jetstream.emit(identityEvent(0)), SIGN_OF_LIFE_MS);
}

/** A line that is not a post ends the command, with its number. */
function readDrafts(file: string): Draft[] {
  const drafts = readFileSync(file, 'utf8')
    .split('\n')
    .map((line, index): Draft | undefined => {
      if (line.trim() === '') return undefined;
      const { text, langs, lang } = JSON.parse(line);
      if (typeof text !== 'string') throw new Error(`${file}:${index + 1}: no string "text"`);
      return { text, langs: langs ?? (lang ? [lang] : []) };
    })
    .filter((draft) => draft !== undefined);
  if (drafts.length === 0) throw new Error(`${file} holds no posts`);
  return drafts;
}
