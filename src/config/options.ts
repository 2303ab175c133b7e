// The options, one by one: flag, environment variable, meaning, default and what a value may be.

import type { JSONWebKeySet } from 'jose';
import { PROFILES, type Profile } from '../sentiment/analysis.ts';
import type { Rate } from '../source/player.ts';
import { REPLAY_RATE } from '../source/replay.ts';
import { SAMPLE_RATE } from '../source/sample.ts';
import {
  API_URL,
  DEFAULT_DAILY_POSTS,
  DEFAULT_MAX_RULES,
  DEFAULT_RULE_LENGTH,
} from '../source/x/limits.ts';
import { LIMIT_OPTIONS, type LimitConfig } from './limit-options.ts';
import { NATS_OPTIONS, type NatsConfig } from './nats-options.ts';
import { certificateFile, keyFile } from './tls-files.ts';
import {
  isLanguage,
  isSocketAddress,
  keySet,
  list,
  type Option,
  oneOf,
  Problem,
  readableFile,
  trueOrFalse,
  webAddress,
  wholeNumber,
} from './values.ts';

const SOURCES = ['sample', 'bluesky', 'replay', 'x'] as const;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export interface Config extends LimitConfig, NatsConfig {
  readonly port: number;
  readonly host: string;
  readonly source: (typeof SOURCES)[number];
  readonly file: string;
  /** Undefined for the usual one of the source. */
  readonly rate: Rate | undefined;
  readonly loop: boolean;
  /** Empty for the public ones. */
  readonly blueskyUrls: readonly string[];
  /** A secret. */
  readonly xToken: string;
  readonly xUrl: string;
  readonly xMaxRules: number;
  readonly xRuleLength: number;
  readonly xDailyPosts: number | 'none';
  /** Where what has to survive a restart is kept. */
  readonly stateDir: string;
  readonly languages: readonly string[] | 'any';
  readonly profile: Profile;
  readonly origins: readonly string[];
  /** Paths, both or neither. */
  readonly tlsCert: string;
  readonly tlsKey: string;
  /** Secrets; empty when none is asked for. */
  readonly authTokens: readonly string[];
  /** The public keys of who issues JWTs, or where they are served; '' for no JWTs. */
  readonly authJwks: URL | JSONWebKeySet | '';
  readonly authIssuer: string;
  readonly authAudience: string;
  readonly graphiql: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

/** Of a token, in characters: what is shorter can be guessed. */
const SHORTEST_TOKEN = 8;
/** What may stand after `Bearer` (RFC 6750, section 2.1). */
const TOKEN = new RegExp(`^(?=.{${SHORTEST_TOKEN}})[\\w.~+/-]+=*$`);

type Options = { readonly [K in keyof Config]: Option<Config[K]> };

export const OPTIONS: Options = {
  port: {
    flag: 'port',
    env: 'PORT',
    value: 'NUMBER',
    fallback: 8000,
    help: 'The port to listen on; 0 takes a free one.',
    parse: (text) => wholeNumber(text, 0, 65535),
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
    help: 'Where posts come from: sample (made-up posts), bluesky, replay (a file) or x (once it has a token).',
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
    fallback: undefined,
    help: `Replay and sample: posts a second (${REPLAY_RATE} and ${SAMPLE_RATE} if not said); max is as fast as it goes.`,
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
    parse: trueOrFalse,
  },
  blueskyUrls: {
    flag: 'bluesky-url',
    env: 'BLUESKY_URL',
    value: 'LIST',
    fallback: [],
    help: 'Bluesky: Jetstream hosts to try in turn, in place of the public ones.',
    parse: (text) => {
      const urls = list(text);
      const valid = urls.length > 0 && urls.every(isSocketAddress);
      return valid ? urls : new Problem('a list of ws:// or wss:// addresses');
    },
  },
  xToken: {
    env: 'X_BEARER_TOKEN',
    value: 'TOKEN',
    fallback: '',
    help: 'X: the Bearer token of an app. Once it is set, --source is x by default.',
    parse: (text) =>
      /^[\x21-\x7e]+$/.test(text) ? text : new Problem('a token without spaces, as X shows it'),
  },
  xUrl: {
    flag: 'x-url',
    env: 'X_URL',
    value: 'URL',
    fallback: API_URL,
    help: 'X: where its API is, for a stand-in.',
    parse: (text) => {
      const url = `${text.replace(/\/$/, '')}/`;
      const valid = URL.canParse(url) && /^https?:\/\/[^/@?#]+\/2\/$/.test(url);
      return valid
        ? url
        : new Problem('an address that ends in /2/, such as http://127.0.0.1:8001/2/');
    },
  },
  xMaxRules: {
    flag: 'x-max-rules',
    env: 'X_MAX_RULES',
    value: 'NUMBER',
    fallback: DEFAULT_MAX_RULES,
    help: 'X: how many rules the account may have.',
    parse: (text) => wholeNumber(text, 1, 100_000),
  },
  xRuleLength: {
    flag: 'x-rule-length',
    env: 'X_RULE_LENGTH',
    value: 'NUMBER',
    fallback: DEFAULT_RULE_LENGTH,
    help: 'X: how many characters a rule may have.',
    parse: (text) => wholeNumber(text, 256, 100_000),
  },
  xDailyPosts: {
    flag: 'x-daily-posts',
    env: 'X_DAILY_POSTS',
    value: 'NUMBER',
    fallback: DEFAULT_DAILY_POSTS,
    help: 'X: posts to read in a UTC day at 0.005 USD each, or none for no such limit.',
    parse: (text) => {
      if (text === 'none') return text;
      const posts = wholeNumber(text, 1, 1e9);
      return posts instanceof Problem ? new Problem(`${posts.expected}, or none`) : posts;
    },
  },
  stateDir: {
    flag: 'state-dir',
    env: 'STATE_DIR',
    value: 'PATH',
    fallback: '',
    help: "The folder for what has to survive a restart; senti in the user's state folder by default.",
    parse: (text) => text,
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
      const valid = tags.length > 0 && tags.every(isLanguage);
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
  tlsCert: {
    flag: 'tls-cert',
    env: 'TLS_CERT',
    value: 'PATH',
    fallback: '',
    help: 'The certificate for https and wss, in PEM, with those that vouch for it; SIGHUP reads it again.',
    parse: certificateFile,
  },
  tlsKey: {
    flag: 'tls-key',
    env: 'TLS_KEY',
    value: 'PATH',
    fallback: '',
    help: 'Its private key, in PEM, without a passphrase.',
    parse: keyFile,
  },
  authTokens: {
    env: 'AUTH_TOKENS',
    value: 'LIST',
    fallback: [],
    help: 'Tokens, any of which lets in; without one and without JWTs everybody may come in.',
    parse: (text) => {
      const tokens = text.split(',').map((token) => token.trim());
      if (tokens.every((token) => TOKEN.test(token))) return tokens;
      return new Problem(
        `a comma list of tokens, each of ${SHORTEST_TOKEN} characters or more out of A-Z a-z 0-9 - . _ ~ + / (openssl rand -hex 32 makes one)`,
      );
    },
  },
  authJwks: {
    flag: 'auth-jwks',
    env: 'AUTH_JWKS',
    value: 'URL|FILE',
    fallback: '',
    help: 'JWTs let in as well: the public keys of who issues them, a JSON Web Key Set.',
    parse: (text) => (/^https?:/i.test(text) ? webAddress(text) : keySet(text)),
  },
  authIssuer: {
    flag: 'auth-issuer',
    env: 'AUTH_ISSUER',
    value: 'TEXT',
    fallback: '',
    help: 'JWTs: who has to have issued them (iss), to the letter.',
    parse: (text) => text,
  },
  authAudience: {
    flag: 'auth-audience',
    env: 'AUTH_AUDIENCE',
    value: 'TEXT',
    fallback: '',
    help: 'JWTs: who they have to be meant for (aud), to the letter.',
    parse: (text) => text,
  },
  ...NATS_OPTIONS,
  graphiql: {
    flag: 'graphiql',
    env: 'GRAPHIQL',
    fallback: true,
    help: 'Shows GraphiQL to browsers on /graphql; --graphiql=false does not.',
    parse: trueOrFalse,
  },
  ...LIMIT_OPTIONS,
  logLevel: {
    flag: 'log-level',
    env: 'LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'info',
    help: `How much is logged: ${LOG_LEVELS.join(', ')}.`,
    parse: (text) => oneOf(LOG_LEVELS, text),
  },
};
