// The configuration: a command line and an environment in, every option out, or every mistake at once.

import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';
import { closestMatch } from 'leven';
import { describeOptions } from './help.ts';
import { type NatsConfig, natsProblems } from './nats-options.ts';
import { type Config, OPTIONS } from './options.ts';
import { readTls } from './tls-files.ts';
import { Problem } from './values.ts';

export type ParsedConfig =
  | { readonly config: Config }
  /** Somebody asked for help. */
  | { readonly help: string }
  /** One sentence for each mistake. */
  | { readonly problems: readonly string[] };

/** Reads options from a command line (without the program) and an environment; a flag wins. */
export function parseConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedConfig {
  const { flags, problems } = readFlags(argv);
  if (flags.has('help')) return { help: describeOptions() };

  const config: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(OPTIONS)) {
    const flag = option.flag === undefined ? undefined : flags.get(option.flag);
    // A variable that is set to nothing is as good as unset.
    const text = flag ?? (env[option.env] || undefined);
    const value = text === undefined ? option.fallback : option.parse(text);
    config[key] = value;
    if (value instanceof Problem) {
      const name = flag === undefined ? option.env : `--${option.flag}`;
      // Without a flag it is a secret, and a log is no place for one, right or wrong.
      const said = option.flag === undefined ? 'cannot be used' : `is "${withoutLogin(text)}"`;
      problems.push(`${name} ${said}; it has to be ${value.expected}.`);
    }
  }
  const isChosen = flags.has('source') || Boolean(env.SOURCE);
  if (!isChosen && config.xToken !== '') config.source = 'x';
  if (config.stateDir === '') config.stateDir = usualStateDir(env);
  if (config.source === 'x' && config.xToken === '') {
    problems.push('--source x needs the Bearer token of an app at X, in X_BEARER_TOKEN.');
  }
  if (config.source === 'replay' && config.file === '') {
    problems.push('--source replay plays a file; name it with --file or REPLAY_FILE.');
  }
  const { tlsCert, tlsKey } = config;
  if (tlsCert !== '' && tlsKey === '') {
    problems.push('--tls-cert needs --tls-key, the private key of that certificate.');
  } else if (tlsCert === '' && tlsKey !== '') {
    problems.push('--tls-key needs --tls-cert, the certificate of that key.');
  } else if (typeof tlsCert === 'string' && tlsCert !== '' && typeof tlsKey === 'string') {
    const tls = readTls({ tlsCert, tlsKey });
    if ('expected' in tls) {
      const flag = tls.path === tlsCert ? 'tls-cert' : 'tls-key';
      problems.push(`--${flag} is "${tls.path}"; it has to be ${tls.expected}.`);
    }
  }
  if (config.authJwks !== '' && (config.authIssuer === '' || config.authAudience === '')) {
    problems.push(
      '--auth-jwks needs --auth-issuer and --auth-audience: whose JWTs, and meant for whom.',
    );
  }
  if (config.authJwks === '' && (config.authIssuer !== '' || config.authAudience !== '')) {
    problems.push(
      '--auth-issuer and --auth-audience need --auth-jwks: the keys to check JWTs with.',
    );
  }
  problems.push(...natsProblems(config as Partial<NatsConfig>));
  return problems.length > 0 ? { problems } : { config: config as unknown as Config };
}

/** An address may have a password in it. */
function withoutLogin(text: string | undefined): string | undefined {
  return text?.replace(/\/\/\S*@/g, '//…@');
}

function readFlags(argv: readonly string[]) {
  const problems: string[] = [];
  const flags = new Map<string, string>();
  const known = new Map<string, (typeof OPTIONS)[keyof Config]>();
  for (const option of Object.values(OPTIONS)) if (option.flag) known.set(option.flag, option);
  const strings = [...known].filter(([, { value }]) => value).map(([flag]) => flag);
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(strings.map((flag) => [flag, { type: 'string' as const }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  // What follows an option that there is not was meant as its value, and may be a secret.
  let valueOfUnknown = -1;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (token.index === valueOfUnknown) continue;
      // What was meant for the environment, as in X_BEARER_TOKEN=…, may be a secret.
      const shown = token.value.replace(/=.*/s, '=…');
      problems.push(`"${shown}" is not an option; options begin with --.`);
    } else if (token.kind === 'option') {
      const option = known.get(token.name);
      if (token.name === 'help' || token.name === 'h') flags.set('help', '');
      else if (!option) {
        problems.push(`${token.rawName} is no option; ${suggest(token.name, [...known.keys()])}`);
        if (token.value === undefined) valueOfUnknown = token.index + 1;
      } else if (!option.value) flags.set(token.name, token.value ?? 'true');
      else if (token.value === undefined) problems.push(`${token.rawName} needs a value.`);
      else flags.set(token.name, token.value);
    }
  }
  return { flags, problems };
}

/** Typing errors in an option's name that are few enough to guess what was meant. */
const MOST_TYPOS = 2;

function suggest(name: string, flags: readonly string[]): string {
  const typed = name.toLowerCase();
  // The first letter is seldom the wrong one. Without this, --gate would be taken for --rate.
  const alike = flags.filter((flag) => flag[0] === typed[0]);
  const meant =
    closestMatch(typed, alike, { maxDistance: MOST_TYPOS }) ??
    alike.find((flag) => typed.length > 2 && flag.startsWith(typed));
  return meant ? `did you mean --${meant}?` : 'see --help.';
}

/** As the XDG Base Directory Specification has it. */
function usualStateDir(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: state, HOME, USERPROFILE } = env;
  const base =
    state && isAbsolute(state) ? state : join(HOME || USERPROFILE || '.', '.local/state');
  return join(base, 'senti');
}
