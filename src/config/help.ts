// The help page: every option by group, and a few commands to copy.

import { nameOf, type Option } from './option.ts';
import { GROUPS } from './options.ts';

const EXAMPLES: readonly (readonly [command: string, meaning: string])[] = [
  ['npm start', 'Made-up posts, with no key and no network.'],
  ['npm start -- --source bluesky', 'Live posts from Bluesky, with no key and no account.'],
  [
    'MASTODON_TOKEN=… npm start -- --source mastodon --mastodon-url https://mastodon.example',
    'Live posts from an instance of Mastodon.',
  ],
  ['X_BEARER_TOKEN=… npm start', 'Live posts from X.'],
  ['X_BEARER_TOKEN=… npm start -- --source bluesky,x', 'Live posts from both.'],
  ['npm start -- --port 8001 --host 0.0.0.0', 'Another port, open to the whole network.'],
  [
    'npm start -- --source replay --file posts.ndjson --rate 100',
    'Your own posts, a JSON object a line.',
  ],
];

export function describeOptions(): string {
  const groups = Object.entries(GROUPS).map(
    ([title, options]) => `${title}\n${Object.values(options).map(describe).join('')}`,
  );
  return [
    'Senti: live sentiment for any topic.\n',
    'Usage: npm start -- [options], or --help, or --version\n',
    'You can also set an option by the environment variable beside it. A flag wins over its variable.',
    'src/config/README.md says more about each option.\n',
    ...groups,
    `Examples\n${EXAMPLES.map(([command, meaning]) => entry(command, meaning)).join('')}`,
  ].join('\n');
}

function describe(option: Option<unknown>): string {
  const { env, flag, help, label, usual } = option;
  if (flag === undefined) return entry(env, help);
  const name = label === '' ? nameOf(option) : `${nameOf(option)} ${label}`;
  return entry(`${name} (${env}${usual === '' ? '' : `, default: ${usual}`})`, help);
}

function entry(title: string, text: string): string {
  return `  ${title}\n      ${text}\n`;
}
