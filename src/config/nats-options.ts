// The options for many nodes around a NATS server.

import { list, type Option, Problem, smallFile, wholeNumber } from './values.ts';

export interface NatsConfig {
  /** Empty for a node that is alone. */
  readonly natsUrls: readonly string[];
  readonly natsPrefix: string;
  /** Seconds. */
  readonly natsLease: number;
  /** Paths; empty for none. */
  readonly natsCreds: string;
  readonly natsTlsCa: string;
  readonly natsTlsCert: string;
  readonly natsTlsKey: string;
  /** Secrets; empty for none. */
  readonly natsUser: string;
  readonly natsPassword: string;
  readonly natsToken: string;
}

export const NATS_OPTIONS: { readonly [K in keyof NatsConfig]: Option<NatsConfig[K]> } = {
  natsUrls: {
    flag: 'nats',
    env: 'NATS_URL',
    value: 'LIST',
    fallback: [],
    help: 'The NATS servers through which nodes share one source, such as nats://127.0.0.1:4222.',
    parse: (text) => {
      const urls = list(text);
      const valid = urls.length > 0 && urls.every(isNatsAddress);
      return valid
        ? urls
        : new Problem('a list of nats:// or tls:// addresses, without user or password');
    },
  },
  natsPrefix: {
    flag: 'nats-prefix',
    env: 'NATS_PREFIX',
    value: 'NAME',
    fallback: 'senti',
    help: 'What all its NATS subjects begin with; another name for each Senti on one server.',
    parse: (text) =>
      /^[\w-]{1,32}$/.test(text) ? text : new Problem('1 to 32 letters, digits, - and _'),
  },
  natsLease: {
    flag: 'nats-lease',
    env: 'NATS_LEASE',
    value: 'SECONDS',
    fallback: 5,
    help: 'How long the node that reads the source may be silent before another one does.',
    parse: (text) => wholeNumber(text, 1, 60),
  },
  natsCreds: file('nats-creds', 'NATS_CREDS', 'The credentials file (.creds) for NATS.'),
  natsTlsCa: file(
    'nats-tls-ca',
    'NATS_TLS_CA',
    'Who vouches for the NATS server, in PEM, if not one of the usual authorities.',
  ),
  natsTlsCert: file(
    'nats-tls-cert',
    'NATS_TLS_CERT',
    'The certificate to show to NATS, in PEM, where it asks for one.',
  ),
  natsTlsKey: file('nats-tls-key', 'NATS_TLS_KEY', 'The private key of that certificate.'),
  natsUser: secret('NATS_USER', 'The user for NATS.'),
  natsPassword: secret('NATS_PASSWORD', 'The password of that user.'),
  natsToken: secret('NATS_TOKEN', 'The token for NATS, where it has no users.'),
};

/** What is wrong with these options together, a sentence each. */
export function natsProblems(config: Partial<NatsConfig>): string[] {
  const problems: string[] = [];
  if (Boolean(config.natsTlsCert) !== Boolean(config.natsTlsKey)) {
    problems.push('--nats-tls-cert and --nats-tls-key need each other; name both, or neither.');
  }
  if (Boolean(config.natsUser) !== Boolean(config.natsPassword)) {
    problems.push('NATS_USER and NATS_PASSWORD need each other; set both, or neither.');
  }
  const ways = [config.natsCreds, config.natsUser, config.natsToken].filter(Boolean);
  if (ways.length > 1) {
    problems.push('NATS_CREDS, NATS_USER and NATS_TOKEN are three ways to say who asks; set one.');
  }
  return problems;
}

function file(flag: string, env: string, help: string): Option<string> {
  return { flag, env, value: 'PATH', fallback: '', help, parse: smallFile };
}

function secret(env: string, help: string): Option<string> {
  return { env, fallback: '', help, parse: (text) => text };
}

function isNatsAddress(url: string): boolean {
  return /^(nats|tls):\/\/[^\s/@?#]+\/?$/.test(url) && URL.canParse(url);
}
