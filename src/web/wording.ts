// What the page says: states, moods, times and counts in words.

import type { StatusQuery } from '../../schema/operations.ts';
import { balanceOf, type Counts, sum } from './polarity-counts.ts';
import type { ConnectionState } from './server-connection.ts';
import type { Topic } from './topic-state.ts';

type SourceStatus = Pick<
  StatusQuery['status']['sources'][number],
  'name' | 'state' | 'reason' | 'until'
>;

interface Sentence {
  /** Calm: nothing to do. Live: posts arrive. Waiting: the page or the server waits. Failed: a person has to act. */
  readonly tone: 'calm' | 'live' | 'waiting' | 'failed';
  readonly text: string;
}

const POSTS_OF: Readonly<Record<string, string>> = {
  sample: 'made-up posts (the sample)',
  bluesky: 'posts from Bluesky',
  mastodon: 'posts from Mastodon',
  x: 'posts from X',
  replay: 'posts from a file',
};

const SLOW = '. This server takes few messages, so some of the page comes late';

/** The tone is the first of these that any source has: as long as one is live, posts come. */
const BEST_FIRST = ['live', 'calm', 'waiting', 'failed'] as const;
const AND = new Intl.ListFormat('en-GB');

const NAMES: Readonly<Record<string, string>> = {
  bluesky: 'Bluesky',
  mastodon: 'Mastodon',
  x: 'X',
};

/** A reason that the server gives without a capital and a full stop. */
export function asSentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}

/** The name of a source, as people write it. */
export function nameOf(source: string): string {
  return NAMES[source] ?? source;
}

export function describe(
  connection: ConnectionState,
  sources: readonly SourceStatus[] | undefined,
  isTracking: boolean,
  now: number,
): Sentence {
  switch (connection.name) {
    case 'connecting':
      return { tone: 'waiting', text: 'Connecting…' };
    case 'lost':
      return { tone: 'waiting', text: 'Connection lost. Reconnecting…' };
    case 'locked':
      return { tone: 'failed', text: connection.reason.replace(/\.$/, '') };
    case 'failed': {
      const reason = connection.reason.replace(/\.$/, '');
      const text = `The server closed the connection: ${reason}. Reload the page to try again`;
      return { tone: 'failed', text };
    }
    case 'open': {
      if (!sources) return { tone: 'waiting', text: 'Connected' };
      const { recovered, isSlow } = connection;
      const { tone, text } = describeSources(sources, isTracking, now);
      const again = recovered === undefined ? '' : `. Reconnected at ${clockTime(recovered, now)}`;
      return { tone, text: `${text}${again}${isSlow ? SLOW : ''}` };
    }
  }
}

/** Sources that are alike are named together. */
function describeSources(
  sources: readonly SourceStatus[],
  isTracking: boolean,
  now: number,
): Sentence {
  const alike = Map.groupBy(sources, ({ name, state, reason }) => (reason ? name : state));
  // A source that is idle while another one runs cannot follow what is tracked, or no client wants it to.
  const isStarting = isTracking && sources.every(({ state }) => state === 'idle');
  const said = [...alike.values()].map((some) =>
    describeAlike(some, sources.length, isStarting, now),
  );
  const tones = said.map(({ tone }) => tone);
  return {
    tone: BEST_FIRST.find((tone) => tones.includes(tone)) ?? 'waiting',
    text: said.map(({ text }) => text).join(' · '),
  };
}

function describeAlike(
  alike: readonly SourceStatus[],
  count: number,
  isTracking: boolean,
  now: number,
): Sentence {
  const names = alike.map(({ name }) => name);
  const { state, reason, until } = alike[0] ?? { state: 'idle' };
  const posts = AND.format(names.map((name) => POSTS_OF[name] ?? `posts from ${name}`));
  const origin =
    count > 1 ? AND.format(names.map(nameOf)) : (NAMES[names[0] ?? ''] ?? 'the source');
  const why = reason ? `: ${reason.replace(/\.$/, '')}` : '';
  switch (state) {
    case 'live':
      return { tone: 'live', text: `Live: ${posts}` };
    case 'connecting':
      return { tone: 'waiting', text: `Connecting to ${origin}…` };
    case 'waiting':
      return {
        tone: 'waiting',
        text: `Waiting for ${origin}${why}${until ? `. Next try at ${clockTime(until, now)}` : ''}`,
      };
    case 'paused':
      return {
        tone: 'failed',
        text: `Paused${count > 1 ? ` (${origin})` : ''}${why}${until ? `. Goes on at ${clockTime(until, now)}` : ''}`,
      };
    default:
      return isTracking
        ? { tone: 'waiting', text: `Starting ${posts}…` }
        : { tone: 'calm', text: `Ready: ${posts}` };
  }
}

export const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const DATED = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
export const HOUR_AND_MINUTE = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

/** A time of the same day as `now`, or a date and time. */
export function clockTime(time: number | string, now: number): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return (isToday ? TIME : DATED).format(date);
}

/** A score or valence with its sign. */
export function scored(score: number): string {
  const text = Math.abs(score).toFixed(2);
  return score > 0 ? `+${text}` : score < 0 ? `−${text}` : text;
}

/** A balance with its sign, and a true minus. */
export function signed(balance: number | undefined): string {
  if (balance === undefined) return '–';
  if (balance === 0) return '0';
  return balance > 0 ? `+${balance}` : `−${-balance}`;
}

/** A balance closer to zero than MIXED takes no side. From CLEAR on it is very positive or very negative. */
const MIXED = 15;
const CLEAR = 50;

export function sideOf(balance: number | undefined): 'positive' | 'negative' | 'none' {
  if (balance === undefined || Math.abs(balance) < MIXED) return 'none';
  return balance > 0 ? 'positive' : 'negative';
}

export function moodOf(balance: number): string {
  const side = sideOf(balance);
  if (side === 'none') return 'Mixed';
  return `${Math.abs(balance) < CLEAR ? 'Mostly' : 'Very'} ${side}`;
}

/** With fewer posts than this, a balance says nothing: of ten, one post more or less is 10 to 20 points. */
const FEW = 10;

/** Says why a topic has no mood. `whole` is the range that the page shows, such as `hour`, if it knows all its posts. */
export function describeFew(posts: number, whole: string | undefined, hasHeard: boolean): string {
  if (posts > 0) return 'Too few posts yet';
  if (whole !== undefined) return `No posts in the last ${whole}`;
  return hasHeard ? 'Not known' : 'No posts yet';
}

/** The balance of enough posts to say something. */
export function sureBalanceOf(counts: Readonly<Counts>): number | undefined {
  return sum(counts) < FEW ? undefined : balanceOf(counts);
}

/** What a spike is like, from the counts of the last minute. */
export function describeSpike(counts: Readonly<Counts>): string {
  const posts = counted(sum(counts), 'post');
  const balance = sureBalanceOf(counts);
  const mood =
    balance === undefined ? '' : `, balance ${signed(balance)} (${moodOf(balance).toLowerCase()})`;
  return `${posts} in the last minute${mood}.`;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Which events a topic lacks; a gap matters as long as the picture goes back to it. */
export function describeMissing(
  { dropped, gapBefore = 0, rejectedBy }: Pick<Topic, 'dropped' | 'gapBefore' | 'rejectedBy'>,
  since: number,
  now: number,
): string {
  const slow = `${counted(dropped, 'event')} dropped, because this connection was too slow.`;
  const gap = `Posts may be missing before ${clockTime(gapBefore, now)}.`;
  const none = rejectedBy.map(
    ({ source, reason }) => `${nameOf(source)} does not follow this topic: ${reason}`,
  );
  return [...none, ...(dropped > 0 ? [slow] : []), ...(gapBefore > since ? [gap] : [])].join(' ');
}

/** The title of the tab: a warning if something is wrong, each topic and its balance. */
export function titleOf(
  topics: readonly { readonly track: string; readonly balance: number | undefined }[],
  tone: Sentence['tone'],
): string {
  const names = topics.map(({ track, balance }) =>
    balance === undefined ? track : `${track} ${signed(balance)}`,
  );
  const warning = topics.length > 0 && (tone === 'waiting' || tone === 'failed') ? '⚠ ' : '';
  return `${warning}${names.length > 0 ? `${names.join(' · ')} – ` : ''}Senti`;
}
