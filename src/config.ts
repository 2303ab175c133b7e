// The options: each one's flag, environment variable, meaning and default, and every mistake at once.

import { accessSync, constants, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PROFILES, type Profile } from './sentiment/analysis.ts';
import type { Rate } from './source/player.ts';

export const SOURCES = ['sample', 'replay'] as const;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly source: (typeof SOURCES)[number];
  readonly file: string;
  readonly rate: Rate;
  readonly loop: boolean;
  readonly languages: readonly string[] | 'any';
  readonly profile: Profile;
  readonly origins: readonly string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

/** What is wrong with a value: completes the sentence "--port is …, but …". */
class Problem {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

interface Option<T> {
  readonly flag: string;
  readonly env: string;
  /** What stands for the value in the help; none for a switch. */
  readonly value?: string;
  readonly fallback: T;
  readonly help: string;
  parse(text: string): T | Problem;
}

type Options = { readonly [K in keyof Config]: Option<Config[K]> };

const OPTIONS: Options = {
  port: {
    flag: 'port',
    env: 'PORT',
    value: 'NUMBER',
    fallback: 8000,
    help: 'The port to listen on; 0 takes a free one.',
    parse: (text) =>
      /^\d{1,5}$/.test(text) && Number(text) < 65536
        ? Number(text)
        : new Problem('a whole number from 0 to 65535'),
  },
  host: {
    flag: 'host',
    env: 'HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    help: 'The address to listen on; 0.0.0.0 is every one of this machine.',
    parse: (text) => (/^[\w.:-]+$/.test(text) ? text : new Problem('a host name or IP address')),
  },
  source: {
    flag: 'source',
    env: 'SOURCE',
    value: 'NAME',
    fallback: 'sample',
    help: 'Where posts come from: sample (made-up posts) or replay (a file).',
    parse: (text) => oneOf(SOURCES, text),
  },
  file: {
    flag: 'file',
    env: 'REPLAY_FILE',
    value: 'PATH',
    fallback: '',
    help: 'Replay: NDJSON of {id, text, lang?, createdAt?, url?}.',
    parse: readableFile,
  },
  rate: {
    flag: 'rate',
    env: 'REPLAY_RATE',
    value: 'NUMBER',
    fallback: 50,
    help: 'Replay: posts a second; max is as fast as it goes.',
    parse: (text) => {
      if (text === 'max') return text;
      const isRate =
        /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 && Number.isFinite(Number(text));
      return isRate ? Number(text) : new Problem('a number above 0, or max');
    },
  },
  loop: {
    flag: 'loop',
    env: 'REPLAY_LOOP',
    fallback: false,
    help: 'Replay: start again at the end.',
    parse: (text) => {
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      return /^(false|0|no|off)$/i.test(text) ? false : new Problem('true or false');
    },
  },
  languages: {
    flag: 'languages',
    env: 'LANGUAGES',
    value: 'LIST',
    fallback: ['en'],
    help: 'Languages to follow, such as en,de, or any. A post that names none passes.',
    parse: (text) => {
      const tags = list(text.toLowerCase());
      if (tags.length === 1 && tags[0] === 'any') return 'any';
      const valid = tags.length > 0 && tags.every((tag) => /^[a-z]{2,3}(-[a-z0-9]+)*$/.test(tag));
      return valid ? tags : new Problem('a list of languages, such as en,de, or any');
    },
  },
  profile: {
    flag: 'profile',
    env: 'PROFILE',
    value: 'NAME',
    fallback: 'full',
    help: 'How text is scored: full, or original (exactly as the first server did).',
    parse: (text) => oneOf(PROFILES, text),
  },
  origins: {
    flag: 'origins',
    env: 'ALLOWED_ORIGINS',
    value: 'LIST',
    fallback: [],
    help: 'Web origins that may connect, such as https://example.com, besides its own and loopback.',
    parse: (text) => {
      const origins = list(text);
      const valid = origins.every(
        (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
      );
      return valid ? origins : new Problem('a list of origins, such as https://example.com');
    },
  },
  logLevel: {
    flag: 'log-level',
    env: 'LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'info',
    help: `How much is logged: ${LOG_LEVELS.join(', ')}.`,
    parse: (text) => oneOf(LOG_LEVELS, text),
  },
};

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
    const flag = flags.get(option.flag);
    // A variable that is set to nothing is as good as unset.
    const text = flag ?? (env[option.env] || undefined);
    const value = text === undefined ? option.fallback : option.parse(text);
    config[key] = value;
    if (value instanceof Problem) {
      const name = flag === undefined ? option.env : `--${option.flag}`;
      problems.push(`${name} is "${text}"; it has to be ${value.expected}.`);
    }
  }
  if (config.source === 'replay' && config.file === '') {
    problems.push('--source replay plays a file; name it with --file or REPLAY_FILE.');
  }
  return problems.length > 0 ? { problems } : { config: config as unknown as Config };
}

function readFlags(argv: readonly string[]) {
  const problems: string[] = [];
  const flags = new Map<string, string>();
  const known = new Map(Object.values(OPTIONS).map((option) => [option.flag, option]));
  const strings = [...known.values()].filter(({ value }) => value).map(({ flag }) => flag);
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(strings.map((flag) => [flag, { type: 'string' as const }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') {
      problems.push(`"${token.value}" is not an option; options begin with --.`);
    } else if (token.kind === 'option') {
      const option = known.get(token.name);
      if (token.name === 'help' || token.name === 'h') flags.set('help', '');
      else if (!option) problems.push(`${token.rawName} is no option; see --help.`);
      else if (!option.value) flags.set(token.name, token.value ?? 'true');
      else if (token.value === undefined) problems.push(`${token.rawName} needs a value.`);
      else flags.set(token.name, token.value);
    }
  }
  return { flags, problems };
}

function describeOptions(): string {
  const rows = Object.values(OPTIONS).map(({ flag, value, env, help, fallback }) => {
    const left = `  --${flag}${value ? ` ${value}` : ''}`.padEnd(22);
    const usual = Array.isArray(fallback) ? fallback.join(',') : String(fallback);
    return `${left}${help}\n${' '.repeat(22)}${env}${usual ? `, ${usual} by default` : ''}`;
  });
  return `Usage: npm start -- [options]\n\n${rows.join('\n')}\n`;
}

function oneOf<const T extends string>(choices: readonly T[], text: string): T | Problem {
  return choices.find((choice) => choice === text) ?? new Problem(`one of ${choices.join(', ')}`);
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readableFile(path: string): string | Problem {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isDirectory() ? new Problem('a file, not a folder') : path;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      return new Problem(`a file that can be read (${error.message})`);
    }
    throw error;
  }
}
