// Reads the configuration from a command line and an environment, or lists every mistake in them.

import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';
import { closestMatch } from 'leven';
import pkg from '../../package.json' with { type: 'json' };
import { isSystemError } from '../base/small-file.ts';
import { atAllSources, isAt } from '../track/track.ts';
import { describeOptions } from './help.ts';
import { nameOf, type Option } from './option.ts';
import { RULES, type Values } from './option-rules.ts';
import { type Config, OPTIONS } from './options.ts';
import { explainInvalid, Invalid, onOrOff, SEPARATOR } from './values.ts';

type ParsedConfig =
  | { readonly config: Config }
  /** What --help or --version prints. */
  | { readonly help: string }
  /** A sentence or two for each mistake. */
  | { readonly mistakes: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

const BY_FLAG = new Map<string, Option<unknown>>(
  Object.values(OPTIONS).flatMap((option) => (option.flag ? [[option.flag, option]] : [])),
);
/** The variables of secrets. */
const SECRETS = Object.values(OPTIONS).flatMap(({ flag, env }) => (flag === undefined ? env : []));

/**
 * `argv` comes without the program. A flag wins over its variable, and an empty variable counts as unset. `home` returns
 * the user's home folder where the environment does not name it; undefined if the user has none.
 */
export function parseConfig(
  argv: readonly string[],
  env: Environment,
  home: () => string | undefined = homeOfUser,
): ParsedConfig {
  const { flags, mistakes } = readFlags(argv);
  if (flags.has('help')) return { help: describeOptions() };
  if (flags.has('version')) return { help: `Senti ${pkg.version}\n` };

  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(OPTIONS)) {
    const flag = flags.get(option.flag ?? '');
    const text = flag ?? (env[option.env] || undefined);
    const value = text === undefined ? option.fallback : option.parse(text);
    values[key] = value;
    if (text !== undefined && value instanceof Invalid) {
      mistakes.push(explain(option, flag === undefined ? option.env : nameOf(option), text, value));
    }
  }
  const isSourceGiven = flags.has('source') || Boolean(env.SOURCE);
  if (!isSourceGiven && values.xBearerToken !== '') values.sources = ['x'];
  if (values.stateDir === '') values.stateDir = usualStateDir(env, home);
  mistakes.push(...RULES.flatMap((rule) => rule(values as Values) ?? []));
  if (mistakes.length > 0) return { mistakes };
  const config = values as Config;
  return { config: { ...config, follow: eachOnce(config.follow, config.sources) } };
}

/** A track at all sources is the same topic as one that names no source. */
function eachOnce(follow: Config['follow'], sources: Config['sources']): Config['follow'] {
  const read = follow.map((track) =>
    sources.every((source) => isAt(track, source)) ? atAllSources(track) : track,
  );
  return [...new Map(read.map((track) => [track.canonical, track])).values()];
}

/** Repeats neither the value of a secret option nor the login in an address. */
function explain({ flag }: Option<unknown>, name: string, text: string, invalid: Invalid): string {
  if (flag === undefined) return `${name} is not valid. It must be ${invalid.expected}.`;
  const wrong = invalid.part ?? text;
  return explainInvalid(name, wrong.replace(/\/\/\S*@/g, '//…@'), invalid);
}

function readFlags(argv: readonly string[]) {
  const mistakes: string[] = [];
  const flags = new Map<string, string>();
  const repeated = new Map<string, Option<unknown>>();
  const withValue = [...BY_FLAG].filter(([, { label }]) => label !== '');
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(withValue.map(([flag]) => [flag, { type: 'string' }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  // The value of an unknown option may be a secret, so it is not repeated.
  let valueOfUnknown = -1;
  /** A switch takes a value after = alone. */
  let afterSwitch = { index: -1, name: '' };
  for (const token of tokens) {
    if (token.kind === 'positional' && token.index !== valueOfUnknown) {
      // A variable on the command line, such as X_BEARER_TOKEN=…, may hold a secret.
      const shown = token.value.replace(/=.*/s, '=…');
      const isValue =
        token.index === afterSwitch.index && !(onOrOff.parse(shown) instanceof Invalid);
      const remedy = isValue ? `Write ${afterSwitch.name}=${shown}.` : 'Options begin with --.';
      mistakes.push(`"${shown}" is not an option. ${remedy}`);
    }
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const option = BY_FLAG.get(name);
    if (name === 'help' || name === 'h') flags.set('help', '');
    else if (name === 'version') flags.set('version', '');
    else if (!option) {
      mistakes.push(`Unknown option ${rawName}. ${suggest(name)}`);
      if (value === undefined) valueOfUnknown = token.index + 1;
    } else if (value !== undefined || option.label === '') {
      const before = flags.get(name);
      if (before !== undefined && !option.isList) repeated.set(rawName, option);
      const given = value ?? 'true';
      flags.set(name, before !== undefined && option.isList ? before + SEPARATOR + given : given);
      if (value === undefined) afterSwitch = { index: token.index + 1, name: rawName };
    } else mistakes.push(`${rawName} needs a value. Write ${rawName} ${option.label}.`);
  }
  for (const [name, { label }] of repeated) {
    const remedy = label.startsWith('LIST') ? ', with a comma list' : '';
    mistakes.push(`${name} is given more than once. Give it once${remedy}.`);
  }
  return { flags, mistakes };
}

/** A name with more typing errors gets no suggestion. */
const MAX_TYPOS = 2;

function suggest(name: string): string {
  const typed = name.toLowerCase();
  const secret = SECRETS.find((env) => env === typed.toUpperCase().replaceAll('-', '_'));
  if (secret) return `Set ${secret} in the environment: other users can read a command line.`;
  const negated = BY_FLAG.get(typed.replace(/^no-/, ''));
  if (negated?.label === '' && negated.flag !== typed) return `Write --${negated.flag}=false.`;
  // The first letter is seldom the wrong one. Without this, --gate would get --rate suggested.
  const alike = [...BY_FLAG.keys(), 'help', 'version'].filter((flag) => flag[0] === typed[0]);
  const meant =
    closestMatch(typed, alike, { maxDistance: MAX_TYPOS }) ??
    alike.find((flag) => typed.length > 2 && flag.startsWith(typed));
  return meant ? `Did you mean --${meant}?` : 'List all options with --help.';
}

/** Follows the XDG Base Directory Specification. Empty if there is no home folder. */
function usualStateDir(
  { XDG_STATE_HOME: state, HOME, USERPROFILE }: Environment,
  homeOf: () => string | undefined,
): string {
  if (state && isAbsolute(state)) return join(state, 'senti');
  const home = HOME || USERPROFILE || homeOf();
  return home ? join(home, '.local/state/senti') : '';
}

/** Asks the system: a service may be started without HOME. */
function homeOfUser(): string | undefined {
  try {
    return userInfo().homedir;
  } catch (error) {
    // A container may run as a user that the system does not list.
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}
