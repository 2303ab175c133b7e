// Whether a text is an http or https address.

const HOST = /^https?:\/\/([^/?#]+)/i;
/** A name has at most 253 characters, before which a password may stand. Parsing a name takes the square of its length. */
const MAX_HOST = 300;

export function isWebAddress(url: string): boolean {
  const host = HOST.exec(url)?.[1] ?? '';
  // Parsing turns one letter into up to 18.
  const mayExist = host.length <= MAX_HOST && host.normalize('NFKC').length <= MAX_HOST;
  return host !== '' && mayExist && URL.canParse(url);
}
