// The values of options that name what a source reads.

import { isConfidential } from '../base/web-address.ts';
import { BEARER_TOKEN, BEARER_TOKENS, kind, listOf, splitList } from './values.ts';

export const jetstreamUrls = listOf(
  'ws:// or wss:// addresses',
  (url) => /^wss?:\/\//i.test(url) && URL.canParse(url) && !url.includes('#'),
);

/** A token must not stand in an address, which logs show. */
export const mastodonUrls = listOf(
  'addresses of instances, such as https://mastodon.example, without user, password or token; http:// and ws:// are for this machine only',
  (url) => /^(https?|wss?):\/\/[^\s@#]+$/i.test(url) && isSafe(url) && !/access_token/i.test(url),
);

const NO_TOKEN = 'none';

/** Empty for an instance that needs none. */
export const mastodonTokens = kind(
  'LIST',
  `a comma list of access tokens, ${BEARER_TOKENS}, or ${NO_TOKEN} for an instance that needs no token`,
  (text): readonly string[] | undefined => {
    const tokens = splitList(text);
    if (!tokens.every((token) => token === NO_TOKEN || BEARER_TOKEN.test(token))) return undefined;
    return tokens.map((token) => (token === NO_TOKEN ? '' : token));
  },
);

/** The API of X, or a stand-in for it. */
export const xUrl = kind(
  'URL',
  'an https:// address that ends in /2/, or for this machine an http:// one, such as http://127.0.0.1:8001/2/',
  (text) => {
    const url = `${text.replace(/\/$/, '')}/`;
    return /^https?:\/\/[^/@?#]+\/2\/$/.test(url) && isSafe(url) ? url : undefined;
  },
);

/** A token goes to it. */
function isSafe(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && isConfidential(url);
}
