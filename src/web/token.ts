// The token for a server that requires one. It comes in the fragment of the address, which no server sees, and stays in
// this tab.

const KEY = 'senti.token';
const IN_ADDRESS = 'token';

/** The token of `/#token=…`, or else the last one of this tab. */
export function readToken(): string | undefined {
  const given = tokenOf(location.hash);
  try {
    if (given !== undefined) sessionStorage.setItem(KEY, given);
    return given ?? sessionStorage.getItem(KEY) ?? undefined;
  } catch (error) {
    // The browser may forbid storage.
    if (error instanceof DOMException) return given;
    throw error;
  }
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
