// Whether a text is an http or https address, and whether a host is this machine.

import { isIP } from 'node:net';

const HOST = /^https?:\/\/([^/?#]+)/i;
/** A name has at most 253 characters, before which a password may stand. Parsing a name takes the square of its length. */
const MAX_HOST = 300;

export function isWebAddress(url: string): boolean {
  const host = HOST.exec(url)?.[1] ?? '';
  // Parsing turns one letter into up to 18.
  const mayExist = host.length <= MAX_HOST && host.normalize('NFKC').length <= MAX_HOST;
  return host !== '' && mayExist && URL.canParse(url);
}

/** By RFC 6761 (`localhost` and names under it), 127.0.0.0/8 and ::1. */
export function isLoopback(hostname: string): boolean {
  const name = bare(hostname.toLowerCase());
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    (isIP(name) === 4 && name.startsWith('127.'))
  );
}

/** Whether nobody on a network can read or change what goes to `url`: it is encrypted, or stays on this machine. */
export function isConfidential({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || protocol === 'wss:' || isLoopback(hostname);
}

/** Without the brackets of an IPv6 address in a URL. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
