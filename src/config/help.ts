// The page that --help shows: every option, by what it is about, and a few commands to copy.

import { LIMIT_OPTIONS, type LimitConfig } from './limit-options.ts';
import { NATS_OPTIONS } from './nats-options.ts';
import { type Config, OPTIONS } from './options.ts';
import type { Option } from './values.ts';

const GROUPS: readonly { title: string; keys: readonly (keyof Config)[] }[] = [
  { title: 'Where it listens', keys: ['port', 'host', 'tlsCert', 'tlsKey', 'origins'] },
  {
    title: 'Who may come in',
    keys: ['authTokens', 'authJwks', 'authIssuer', 'authAudience'],
  },
  { title: 'Where posts come from', keys: ['source', 'rate', 'languages', 'blueskyUrls'] },
  { title: 'A file of posts (--source replay)', keys: ['file', 'loop'] },
  {
    title: 'Posts from X (--source x)',
    keys: ['xToken', 'xDailyPosts', 'stateDir', 'xMaxRules', 'xRuleLength', 'xUrl'],
  },
  { title: 'Many nodes (--nats)', keys: Object.keys(NATS_OPTIONS) as (keyof Config)[] },
  { title: 'What comes out', keys: ['profile', 'graphiql', 'logLevel'] },
  {
    title: 'What strangers may do (none takes most of these limits away)',
    keys: Object.keys(LIMIT_OPTIONS) as (keyof LimitConfig)[],
  },
];

const EXAMPLES: readonly (readonly [command: string, meaning: string])[] = [
  ['npm start', 'made-up posts, no key and no network'],
  ['npm start -- --source bluesky', 'live posts from Bluesky, no key and no account'],
  ['X_BEARER_TOKEN=… npm start', 'live posts from X'],
  ['npm start -- --port 8001 --host 0.0.0.0', 'on another port, for the whole network'],
  ['npm start -- --source replay --file posts.ndjson --rate 100', 'your own posts'],
];

const INDENT = 2;
const LINE = 90;

export function describeOptions(): string {
  const grouped = new Set(GROUPS.flatMap(({ keys }) => keys));
  const others = (Object.keys(OPTIONS) as (keyof Config)[]).filter((key) => !grouped.has(key));
  const groups = others.length > 0 ? [...GROUPS, { title: 'More', keys: others }] : GROUPS;
  const left = Math.max(...Object.values(OPTIONS).map((option) => nameOf(option).length)) + 4;
  const sections = groups.map(
    ({ title, keys }) => `${title}\n${keys.map((key) => row(OPTIONS[key], left)).join('')}`,
  );
  return [
    'Senti: live sentiment for any topic.\n',
    'Usage: npm start -- [options]\n',
    ...sections,
    `Examples\n${EXAMPLES.map(([command, meaning]) => example(command, meaning)).join('')}`,
    'Each option can also be set by the environment variable that stands beside it; a flag wins.\n',
  ].join('\n');
}

function row(option: Option<unknown>, left: number): string {
  const usual = Array.isArray(option.fallback)
    ? option.fallback.join(',')
    : String(option.fallback ?? '');
  const known = `${option.env}${usual === '' ? '' : `, ${usual} by default`}`;
  // A secret has no flag, and its variable stands in its place.
  const lines = [...wrap(option.help, LINE - left), ...(option.flag ? [known] : [])];
  const name = `${' '.repeat(INDENT)}${nameOf(option)}`.padEnd(left);
  return `${name}${lines.join(`\n${' '.repeat(left)}`)}\n`;
}

function nameOf({ flag, env, value }: Option<unknown>): string {
  return flag === undefined ? env : `--${flag}${value ? ` ${value}` : ''}`;
}

function example(command: string, meaning: string): string {
  return `${' '.repeat(INDENT)}${command}\n${' '.repeat(INDENT * 3)}${meaning}\n`;
}

/** The lines of a text, none longer than `most` characters but by a single word. */
function wrap(text: string, most: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= most) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
