// Errors of the network in words, since the codes of the system mean nothing to most people.

import { excerpt } from './excerpt.ts';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was broken off',
  EPIPE: 'the connection was broken off',
  ETIMEDOUT: 'there was no answer in time',
  ENOTFOUND: 'its name was not found',
  EAI_AGAIN: 'names cannot be looked up at the moment',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
};

/** Quotes an error that it has no words for, such as one of a certificate. */
export function explainNetwork(error: Error & { readonly code?: string }): string {
  const { code = '', message, name } = error;
  // An address with two IPs fails with an AggregateError, which has a code and no message.
  return WORDS[code] ?? excerpt(message || code || name);
}
