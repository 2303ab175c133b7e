// The table of options. The type of the configuration, the names of flags and variables and the help page
// follow from it.

import { PROFILES } from '../sentiment/analysis.ts';
import { REPLAY_RATE } from '../source/replay.ts';
import { SAMPLE_RATE } from '../source/sample.ts';
import {
  API_URL,
  DEFAULT_DAILY_ESTIMATES,
  DEFAULT_DAILY_POSTS,
  DEFAULT_MAX_RULES,
  DEFAULT_MONTHLY_POSTS,
  DEFAULT_RULE_LENGTH,
  DOLLARS_A_POST,
} from '../source/x/limits.ts';
import { documentFile } from './document-file.ts';
import { named, type Option, option } from './option.ts';
import { jetstreamUrls, mastodonTokens, mastodonUrls, xUrl } from './source-values.ts';
import { certificate, privateKey } from './tls-files.ts';
import {
  anyText,
  bearerTokens,
  duration,
  keySet,
  languages,
  matching,
  natsUrls,
  networks,
  oneOf,
  onOrOff,
  origins,
  orWord,
  rate,
  readableFile,
  smallFile,
  someOf,
  tracks,
  wholeNumber,
} from './values.ts';

export { DOLLARS_A_POST };

const SOURCES = ['sample', 'bluesky', 'mastodon', 'replay', 'x'] as const;
export type SourceName = (typeof SOURCES)[number];
const USUAL_SOURCES: readonly SourceName[] = ['sample'];
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const port = wholeNumber(0, 65_535);
const count = wholeNumber(1, 1_000_000_000);
const mostPosts = orWord(count, 'none', 'none');
const estimates = wholeNumber(0, 10_000);
const ruleCount = wholeNumber(1, 100_000);
const ruleLength = wholeNumber(256, 100_000);
const bytes = wholeNumber(1024, 16 * 1024 * 1024, 'BYTES');
const timeout = wholeNumber(1, 600, 'SECONDS');
const linger = wholeNumber(0, 86_400, 'SECONDS');
const recentEvents = wholeNumber(0, 100_000);
const historyBytes = wholeNumber(16 * 1024 * 1024, 2 ** 40, 'BYTES');
const recentBytes = wholeNumber(0, 64 * 1024 * 1024 * 1024, 'BYTES');
const writeDelay = wholeNumber(0, 1000, 'MILLISECONDS');
const lease = wholeNumber(1, 60, 'SECONDS');
const host = matching('ADDRESS', /^[\w.:-]+$/, 'a host name or IP address');
const xToken = matching('TOKEN', /^[\x21-\x7e]+$/, 'a token without spaces, as X shows it');
const prefix = matching('NAME', /^[\w-]{1,32}$/, '1 to 32 letters, digits, - and _');
const path = matching('PATH', /./s, 'a path');
const SECRET = { flag: undefined };

/** In milliseconds. */
const DAY = 24 * 3_600_000;

/** A client that lost its connection comes back within this time. On X, what it misses meanwhile costs money. */
export const LINGER_SECONDS = 120;
export const LINGER_SECONDS_ON_X = 10;

/** A limit that `none` removes. */
function limit(fallback: number, help: string) {
  return option(orWord(count, 'none', Number.POSITIVE_INFINITY), fallback, help);
}

const NETWORK = named({
  port: option(port, 8000, 'The port to listen on. 0 takes a free one.'),
  reusePort: option(onOrOff, false, 'Linux: shares the port with other processes. Needs --nats.'),
  ownPort: option(port, undefined, 'One more port, not shared, for health checks and metrics.'),
  host: option(host, '127.0.0.1', 'The address to listen on. 0.0.0.0 is every IPv4 address.'),
  tlsCert: option(certificate, undefined, 'The certificate chain for https and wss, in PEM.'),
  tlsKey: option(privateKey, undefined, 'Its private key, in PEM, without a passphrase.'),
  maxWriteDelay: option(
    writeDelay,
    25,
    'How long an event may wait to share a write. 0: not at all.',
  ),
  logLevel: option(oneOf(LOG_LEVELS), 'info', `How much to log: ${LOG_LEVELS.join(', ')}.`),
});

const SOURCE = named({
  sources: option(
    someOf(SOURCES),
    USUAL_SOURCES,
    'sample (made-up), bluesky, mastodon, replay (a file) or x; or several: bluesky,x.',
    { flag: 'source', env: 'SOURCE', usual: 'x when X_BEARER_TOKEN is set, else sample' },
  ),
  file: option(readableFile, '', 'Replay: a file of {text, id?, lang?, createdAt?, url?} lines.', {
    env: 'REPLAY_FILE',
  }),
  rate: option(rate, undefined, 'Replay and sample: posts a second. max plays as fast as it can.', {
    env: 'REPLAY_RATE',
    usual: `replay ${REPLAY_RATE}, sample ${SAMPLE_RATE}`,
  }),
  loop: option(onOrOff, false, 'Replay: start again at the end of the file.', {
    env: 'REPLAY_LOOP',
  }),
  blueskyUrl: option(jetstreamUrls, [], 'Bluesky: Jetstream hosts, v1 or v2, to try in turn.', {
    usual: 'the public ones',
  }),
  mastodonUrl: option(mastodonUrls, [], 'Mastodon: the instances to read.'),
  mastodonToken: option(
    mastodonTokens,
    [],
    'Mastodon: an access token for each instance, in the same order.',
    SECRET,
  ),
  xBearerToken: option(xToken, '', 'X: the Bearer token of your app.', SECRET),
  xUrl: option(xUrl, API_URL, 'X: the address of a stand-in, which ends in /2/.', {
    usual: "X's own",
  }),
  xMaxRules: option(ruleCount, DEFAULT_MAX_RULES, 'X: the rules that your account may have.'),
  xRuleLength: option(ruleLength, DEFAULT_RULE_LENGTH, 'X: the characters that a rule may have.'),
  xDailyPosts: option(mostPosts, DEFAULT_DAILY_POSTS, 'X: posts to read in a UTC day.'),
  xMonthlyPosts: option(mostPosts, DEFAULT_MONTHLY_POSTS, 'X: posts to read in a month by UTC.'),
  xDailyEstimates: option(
    estimates,
    DEFAULT_DAILY_ESTIMATES,
    'X: estimates of a new topic to pay for in a UTC day.',
  ),
  stateDir: option(path, '', 'X: the folder that keeps the counts of posts over a restart.', {
    usual: '$XDG_STATE_HOME/senti or ~/.local/state/senti',
  }),
  languages: option(languages, ['en'], 'Languages to follow, such as en,de.'),
  postText: option(onOrOff, true, 'Passes on the texts of posts, where the source allows it.'),
  profile: option(
    oneOf(PROFILES),
    'full',
    'How to read a text: full, or original (exactly as the first server did).',
  ),
});

const ACCESS = named({
  authTokens: option(bearerTokens, [], 'Tokens. Any of them grants access.', SECRET),
  authJwks: option(
    keySet,
    '',
    "JWTs: the issuer's JSON Web Key Set, as an https:// address or a file.",
  ),
  authIssuer: option(anyText, '', 'JWTs: the exact value of iss.'),
  authAudience: option(anyText, '', 'JWTs: the exact value of aud.'),
  origins: option(origins, [], "Web origins that may connect, besides the server's and loopback.", {
    env: 'ALLOWED_ORIGINS',
  }),
  trustProxy: option(networks, [], 'Proxies whose X-Forwarded-For names the client.'),
  graphiql: option(onOrOff, true, 'Serves GraphiQL to browsers on /graphql.'),
  documents: option(
    documentFile,
    undefined,
    'Clients run only the operations of this file, by id or by text.',
    { usual: 'any operation' },
  ),
  federation: option(onOrOff, false, 'Serves the schema to tools that compose a supergraph.'),
  introspection: option(
    onOrOff,
    true,
    'Allows introspection. --introspection=false also hides field suggestions in errors.',
  ),
});

const PAST = named({
  follow: option(
    tracks,
    [],
    'A track to keep open without a listener: coffee, or "coffee [x]" at X alone. Repeatable.',
    {
      isList: true,
    },
  ),
  recentEvents: option(recentEvents, 1000, 'Events of each track to keep for clients that resume.'),
  recentBytes: option(
    recentBytes,
    64 * 1024 * 1024,
    'Bytes that the kept events of all tracks take.',
  ),
  linger: option(linger, undefined, 'How long a track stays open without a listener.', {
    usual: `${LINGER_SECONDS}, on X ${LINGER_SECONDS_ON_X}`,
  }),
  history: option(path, '', 'The file that keeps the counts of each topic over a restart.', {
    usual: 'none: in memory',
  }),
  historyBytes: option(historyBytes, 128 * 1024 * 1024, 'Bytes that these counts may take.'),
  historyByMinute: option(duration, DAY, 'How long counts by the minute are kept.', {
    usual: '24h',
  }),
  historyByTenMinutes: option(duration, 7 * DAY, 'How long counts by ten minutes are kept.', {
    usual: '7d',
  }),
  historyByHour: option(duration, 90 * DAY, 'How long counts by the hour are kept.', {
    usual: '90d',
  }),
});

const LIMITS = named({
  maxMessageBytes: option(bytes, 65_536, 'The largest WebSocket message and request body.'),
  maxMessagesPerSecond: limit(100, 'Messages a second from one WebSocket. Pings count too.'),
  maxQueryTokens: limit(1000, 'Words and punctuation of a query.'),
  maxQueryDepth: limit(8, 'Nested levels of a query.'),
  maxQueryAliases: limit(15, 'Aliases in a query.'),
  maxQueryDirectives: limit(30, 'Directives in a query.'),
  maxQueryFields: limit(100, 'Fields of a query, at all levels.'),
  maxRootFields: limit(8, 'Fields at the top level of a query.'),
  maxSubscriptions: limit(32, 'Operations that run on one WebSocket.'),
  maxTracks: limit(10_000, 'Distinct tracks in all, and distinct windows.'),
  maxSockets: limit(20_000, 'Open connections in all.'),
  maxSocketsPerAddress: limit(100, 'Open connections from one address (IPv6: one /64).'),
  maxAttempts: limit(1000, 'New connections a second in all.'),
  maxAttemptsPerAddress: limit(20, 'New connections and requests a second from one address.'),
  maxWorkPerSecond: limit(200_000, 'Work a second that one connection may ask for.'),
  maxWorkPerAddress: limit(500_000, 'Work a second that one address may ask for.'),
  maxHistoryBuckets: limit(1500, 'Buckets that one question about the past may ask for.'),
  initTimeout: option(timeout, 3, 'How long a WebSocket may take to send connection_init.'),
  requestTimeout: option(timeout, 10, 'How long a request may take to arrive.'),
});

const NODES = named({
  natsUrls: option(natsUrls, [], 'The NATS servers through which nodes share one source.', {
    flag: 'nats',
    env: 'NATS_URL',
  }),
  natsPrefix: option(
    prefix,
    'senti',
    'The prefix of all NATS subjects. Each cluster needs its own.',
  ),
  natsLease: option(lease, 5, 'How long the reading node may be silent before it is replaced.'),
  natsCreds: option(smallFile, '', 'A credentials file (.creds) for NATS.'),
  natsTlsCa: option(smallFile, '', 'The CA certificates that NATS is verified with, in PEM.'),
  natsTlsCert: option(smallFile, '', 'The client certificate for NATS, in PEM.'),
  natsTlsKey: option(smallFile, '', 'The private key of that certificate, in PEM.'),
  natsUser: option(anyText, '', 'The user for NATS.', SECRET),
  natsPassword: option(anyText, '', 'The password of that user.', SECRET),
  natsToken: option(anyText, '', 'The token for NATS.', SECRET),
});

/** By title, in the order of the help page. */
export const GROUPS = {
  'Network and log': NETWORK,
  'Source and scoring': SOURCE,
  'Access (open to every client until you set tokens or JWTs)': ACCESS,
  'The past': PAST,
  'Limits (loopback is exempt from those per address)': LIMITS,
  'Many nodes': NODES,
};

export const OPTIONS = { ...NETWORK, ...SOURCE, ...ACCESS, ...PAST, ...LIMITS, ...NODES };

export type OptionKey = keyof typeof OPTIONS;

export type Config = {
  readonly [K in OptionKey]: (typeof OPTIONS)[K] extends Option<infer T> ? T : never;
};
