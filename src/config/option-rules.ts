// The rules for options that depend on each other.

import { nameOf } from './option.ts';
import { type Config, OPTIONS, type OptionKey, type SourceName } from './options.ts';
import { explainMismatch } from './tls-files.ts';
import { Invalid } from './values.ts';

export type Values = { readonly [K in OptionKey]: Config[K] | Invalid };
/** Returns a sentence for a mistake. An invalid value counts as set, so that it is one mistake and not two. */
type Rule = (values: Values) => string | undefined;

export const RULES: readonly Rule[] = [
  sourceNeeds('x', 'xBearerToken', 'Set it to the Bearer token of your app.'),
  sourceNeeds('x', 'stateDir', 'Name a folder for its counts, since this user has no home folder.'),
  sourceNeeds(
    'mastodon',
    'mastodonUrl',
    'Name an instance where you have an account, such as https://mastodon.example.',
  ),
  tokenForEachInstance,
  sourceNeeds('replay', 'file', 'Name the file to play with --file or REPLAY_FILE.'),
  fileNeedsReplay,
  sampleStandsAlone,
  together('tlsCert', 'tlsKey'),
  matchTls,
  together('authJwks', 'authIssuer', 'authAudience'),
  together('natsTlsCert', 'natsTlsKey'),
  together('natsUser', 'natsPassword'),
  sharedPortNeedsNats,
  atMostOne('documents', 'federation'),
  atMostOne('natsCreds', 'natsUser', 'natsToken'),
  followAtSources,
  followWithinTracks,
];

const AND = new Intl.ListFormat('en-GB');

function sourceNeeds(source: SourceName, needed: OptionKey, remedy: string): Rule {
  return (values) => {
    const { sources } = values;
    if (sources instanceof Invalid || !sources.includes(source)) return undefined;
    // A list that is empty counts as not set, too.
    if (String(values[needed]) !== '') return undefined;
    return `--source ${source} needs ${nameOf(OPTIONS[needed])}. ${remedy}`;
  };
}

function fileNeedsReplay({ sources, file }: Values): string | undefined {
  if (file === '' || sources instanceof Invalid || sources.includes('replay')) return undefined;
  return '--file needs --source replay. Add --source replay, or omit --file and REPLAY_FILE.';
}

/** Counts of real and made-up posts together would be of neither. */
function sampleStandsAlone({ sources }: Values): string | undefined {
  if (sources instanceof Invalid || !sources.includes('sample')) return undefined;
  if (sources.length === 1) return undefined;
  return '--source sample makes posts up, so it cannot be mixed with others. Name sample alone, or omit it.';
}

/** A token must not reach another instance. */
function tokenForEachInstance({ mastodonUrl: urls, mastodonToken: tokens }: Values) {
  if (urls instanceof Invalid || tokens instanceof Invalid) return undefined;
  if (urls.length === 0 || tokens.length === 0 || urls.length === tokens.length) return undefined;
  const [url, token] = [nameOf(OPTIONS.mastodonUrl), nameOf(OPTIONS.mastodonToken)];
  return `${token} has ${tokens.length} and ${url} has ${urls.length}. Give one token for each instance, in the same order, and none for one that needs no token.`;
}

function together(...keys: readonly OptionKey[]): Rule {
  return (values) => {
    const set = keys.filter((key) => values[key]);
    const missing = keys.filter((key) => !values[key]);
    if (set.length === 0 || missing.length === 0) return undefined;
    const need = set.length === 1 ? 'needs' : 'need';
    const remedy = keys.length === 2 ? 'Set both or neither.' : 'Set all or none.';
    return `${listNames(set)} ${need} ${listNames(missing)}. ${remedy}`;
  };
}

function atMostOne(...keys: readonly OptionKey[]): Rule {
  return (values) => {
    const set = keys.filter((key) => values[key]);
    return set.length > 1 ? `${listNames(set)} exclude each other. Set only one.` : undefined;
  };
}

function matchTls({ tlsCert: cert, tlsKey: key }: Values): string | undefined {
  const isRead = cert && key && !(cert instanceof Invalid) && !(key instanceof Invalid);
  return isRead ? explainMismatch({ cert, key }) : undefined;
}

/** Clients of one port would hear of different posts, and X would charge for each process. */
function sharedPortNeedsNats({ reusePort, natsUrls }: Values): string | undefined {
  if (reusePort !== true || natsUrls instanceof Invalid || natsUrls.length > 0) return undefined;
  return '--reuse-port needs --nats. Without it, each process on the port would read the source for itself.';
}

function followAtSources({ follow, sources }: Values): string | undefined {
  if (follow instanceof Invalid || sources instanceof Invalid) return undefined;
  const known = new Set<string>(sources);
  const wrong = follow.find((track) => !(track.sources?.isSubsetOf(known) ?? true));
  if (wrong === undefined) return undefined;
  const names = [nameOf(OPTIONS.follow), nameOf(OPTIONS.sources)];
  return `${names[0]} has "${wrong.canonical}", but ${names[1]} names only ${AND.format(sources)}. Choose from these, or omit the brackets.`;
}

function followWithinTracks({ follow, maxTracks }: Values): string | undefined {
  if (follow instanceof Invalid || maxTracks instanceof Invalid) return undefined;
  if (follow.length <= maxTracks) return undefined;
  const names = [nameOf(OPTIONS.follow), nameOf(OPTIONS.maxTracks)];
  return `${names[0]} has ${follow.length} tracks, but ${names[1]} allows ${maxTracks}. Raise ${names[1]} or follow fewer.`;
}

function listNames(keys: readonly OptionKey[]): string {
  return AND.format(keys.map((key) => nameOf(OPTIONS[key])));
}
