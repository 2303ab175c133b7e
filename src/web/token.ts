// The token for a server that requires one. It comes in the fragment of the address, which no server sees, and stays in
// this tab.

import { stored } from './dom.ts';

const KEY = 'senti.token';
const IN_ADDRESS = 'token';

/** The token of `/#token=…`, or else the last one of this tab. */
export function readToken(): string | undefined {
  const given = tokenOf(location.hash);
  if (given === undefined) return stored(() => sessionStorage.getItem(KEY)) ?? undefined;
  stored(() => sessionStorage.setItem(KEY, given));
  return given;
}

/** Reloads the page with this token. */
export function enterToken(token: string): void {
  location.hash = new URLSearchParams({ [IN_ADDRESS]: token }).toString();
}

addEventListener('hashchange', () => {
  if (tokenOf(location.hash) !== undefined) location.reload();
});

function tokenOf(hash: string): string | undefined {
  // URLSearchParams reads a plus as a space, and tokens have no spaces.
  const token = new URLSearchParams(hash.slice(1)).get(IN_ADDRESS)?.replaceAll(' ', '+');
  return token || undefined;
}
