// The token that the server may ask for. It comes in the part of the address that no server sees, and
// stays with this tab.

const KEY = 'senti.token';
const IN_ADDRESS = 'token';

/** The token of `/#token=…`, or else the one that this tab had last. The page takes it out of the address. */
export function readToken(): string | undefined {
  const given = tokenOf(location.hash);
  try {
    if (given !== undefined) sessionStorage.setItem(KEY, given);
    return given ?? sessionStorage.getItem(KEY) ?? undefined;
  } catch (error) {
    // A browser can be set to let no page keep anything.
    if (error instanceof DOMException) return given;
    throw error;
  }
}

/** Begins anew with this token. */
export function enterToken(token: string): void {
  location.hash = new URLSearchParams({ [IN_ADDRESS]: token }).toString();
}

addEventListener('hashchange', () => {
  if (tokenOf(location.hash) !== undefined) location.reload();
});

function tokenOf(hash: string): string | undefined {
  // A plus stands for a space here, which no token has.
  const token = new URLSearchParams(hash.slice(1)).get(IN_ADDRESS)?.replaceAll(' ', '+');
  return token || undefined;
}
