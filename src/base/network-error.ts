// Errors of the network in words, since the codes of the system mean nothing to most people.

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

/** Undefined for any other error. */
export function explainNetwork(error: Error & { readonly code?: string }): string | undefined {
  return WORDS[error.code ?? ''];
}
