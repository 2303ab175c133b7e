// The options that bound what strangers can make of the server. README says what each limit means.

import { isNetwork, list, type Option, Problem, trueOrFalse, wholeNumber } from './values.ts';

/** Infinity stands for no limit. */
export interface LimitConfig {
  /** Of a WebSocket message, and of the body of a request. */
  readonly maxMessageBytes: number;
  readonly maxMessagesPerSecond: number;
  readonly maxQueryTokens: number;
  readonly maxQueryDepth: number;
  readonly maxQueryAliases: number;
  readonly maxQueryDirectives: number;
  readonly maxQueryFields: number;
  readonly maxRootFields: number;
  readonly introspection: boolean;
  readonly maxSubscriptions: number;
  readonly maxTracks: number;
  readonly maxSockets: number;
  readonly maxSocketsPerAddress: number;
  readonly maxAttempts: number;
  readonly maxAttemptsPerAddress: number;
  readonly maxWorkPerSecond: number;
  readonly maxWorkPerAddress: number;
  /** IP addresses and networks (CIDR). */
  readonly trustProxy: readonly string[];
  /** In seconds. */
  readonly initTimeout: number;
  /** In seconds. */
  readonly requestTimeout: number;
}

const MOST = 1_000_000_000;

function limit(flag: string, fallback: number, help: string): Option<number> {
  return {
    ...named(flag),
    value: 'NUMBER',
    fallback,
    help,
    parse(text) {
      if (text === 'none') return Number.POSITIVE_INFINITY;
      const value = wholeNumber(text, 1, MOST);
      return value instanceof Problem ? new Problem(`${value.expected}, or none`) : value;
    },
  };
}

function within(
  flag: string,
  value: string,
  [from, to]: readonly [number, number],
  fallback: number,
  help: string,
): Option<number> {
  return {
    ...named(flag),
    value,
    fallback,
    help,
    parse: (text) => wholeNumber(text, from, to),
  };
}

function named(flag: string): { readonly flag: string; readonly env: string } {
  return { flag, env: flag.toUpperCase().replaceAll('-', '_') };
}

export const LIMIT_OPTIONS: { readonly [K in keyof LimitConfig]: Option<LimitConfig[K]> } = {
  maxMessageBytes: within(
    'max-message-bytes',
    'BYTES',
    [1024, 16 * 1024 * 1024],
    64 * 1024,
    'The largest WebSocket message and request body.',
  ),
  maxMessagesPerSecond: limit(
    'max-messages-per-second',
    100,
    'What a WebSocket may send, pings too; twice as many at once. Each kibibyte counts as one.',
  ),
  maxQueryTokens: limit('max-query-tokens', 1000, 'Tokens of a query (words and punctuation).'),
  maxQueryDepth: limit('max-query-depth', 8, 'How deep fields of a query may be nested.'),
  maxQueryAliases: limit('max-query-aliases', 15, 'Aliases in a query.'),
  maxQueryDirectives: limit('max-query-directives', 30, 'Directives in a query.'),
  maxQueryFields: limit('max-query-fields', 100, 'Fields of a query, at all levels.'),
  maxRootFields: limit('max-root-fields', 8, 'Fields of a query at its highest level.'),
  introspection: {
    ...named('introspection'),
    fallback: true,
    help: 'Lets clients ask for the schema; --introspection=false does not.',
    parse: trueOrFalse,
  },
  maxSubscriptions: limit('max-subscriptions', 32, 'Operations that run on one WebSocket.'),
  maxTracks: limit('max-tracks', 10_000, 'Distinct tracks that are followed in all.'),
  maxSockets: limit('max-sockets', 20_000, 'Open connections in all.'),
  maxSocketsPerAddress: limit(
    'max-sockets-per-address',
    100,
    'Open connections of one address (IPv6: of a /64). Loopback is exempt.',
  ),
  maxAttempts: limit('max-attempts', 1000, 'New connections a second in all.'),
  maxAttemptsPerAddress: limit(
    'max-attempts-per-address',
    20,
    'New connections and requests a second of one address. Loopback is exempt.',
  ),
  maxWorkPerSecond: limit(
    'max-work-per-second',
    200_000,
    'What one connection may ask of /graphql and /track, by its size; twice as much at once.',
  ),
  maxWorkPerAddress: limit(
    'max-work-per-address',
    500_000,
    'The same, of one address a second. Loopback is exempt.',
  ),
  trustProxy: {
    ...named('trust-proxy'),
    value: 'LIST',
    fallback: [],
    help: 'Addresses or networks of proxies, such as 127.0.0.1,10.0.0.0/8, whose X-Forwarded-For says who a client is.',
    parse(text) {
      const networks = list(text);
      const valid = networks.length > 0 && networks.every(isNetwork);
      return valid ? networks : new Problem('a list of IP addresses or networks like 10.0.0.0/8');
    },
  },
  initTimeout: within(
    'init-timeout',
    'SECONDS',
    [1, 600],
    3,
    'How long a GraphQL WebSocket may take to say connection_init.',
  ),
  requestTimeout: within(
    'request-timeout',
    'SECONDS',
    [1, 600],
    10,
    'How long a request may take to arrive.',
  ),
};
