// The IP address of a client: the peer of its connection, or what a trusted proxy says.

import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * One spelling for each address: an IPv4-mapped one (RFC 4291, section 2.5.5.2) becomes the IPv4 address, and zones
 * are left out. Undefined for text that is no address.
 */
export function canonical(text: string): string | undefined {
  const bare = text.replace(/%.*$/s, '');
  const family = isIP(bare);
  if (family === 0) return undefined;
  if (family === 4) return bare;
  // A server on :: gets every IPv4 address like this. Building a SocketAddress takes ten times as long.
  const mapped = /^::ffff:([\d.]+)$/.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return /^::ffff:([\d.]+)$/.exec(address)?.[1] ?? address;
}

/** The address or network that limits count by: an IPv6 subscriber has a whole /64 (RFC 6177) to choose from. */
export function countedBy(address: string): string {
  if (isIP(address) === 4) return address;
  return `${groupsOf(address).slice(0, 4).join(':')}::/64`;
}

/** The eight groups of a canonical IPv6 address. */
export function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const before = head as string[];
  const missing = tail === undefined ? 0 : 8 - before.length - tail.length;
  return [...before, ...Array<string>(missing).fill('0'), ...(tail ?? [])];
}

export class Addresses {
  /** Undefined without proxies, because looking into an empty list takes as long as into a full one. */
  readonly #proxies: BlockList | undefined;

  /** `proxies` are IP addresses and networks (CIDR). */
  constructor(proxies: readonly string[]) {
    this.#proxies = proxies.length === 0 ? undefined : toBlockList(proxies);
  }

  isProxy(address: string): boolean {
    return this.#proxies !== undefined && contains(this.#proxies, address);
  }

  /** `address` is canonical. */
  isLoopback(address: string): boolean {
    return address.startsWith('127.') || address === '::1';
  }

  /**
   * The client that a proxy names in `X-Forwarded-For`. Each proxy appends the address of its peer, so the client is
   * the last one that is no proxy; a client can forge everything before it. Undefined if the header names no address,
   * for example because the proxy itself made the request.
   */
  forwardedFor(header: string | readonly string[] | undefined): string | undefined {
    let client: string | undefined;
    for (const entry of String(header ?? '')
      .split(',')
      .reverse()) {
      const address = canonical(withoutPort(entry.trim()));
      if (address === undefined) break;
      client = address;
      if (!this.isProxy(address)) break;
    }
    return client;
  }
}

/** Some proxies write `192.0.2.1:1234` and `[2001:db8::1]:1234`. */
function withoutPort(entry: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry.replace(/^([\d.]+):\d+$/, '$1');
}

function toBlockList(networks: readonly string[]): BlockList {
  const blocks = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) blocks.addAddress(address, family);
    else blocks.addSubnet(address, Number(bits), family);
  }
  return blocks;
}

function contains(blocks: BlockList, address: string): boolean {
  return blocks.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
