// How many written bytes the kernel still holds because a peer has not taken them. Linux lists them in /proc/net;
// other systems do not, so there it is always 0.

import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { unlessNoneLeft } from '../../base/descriptors.ts';
import { canonical, groupsOf } from '../access/client-address.ts';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Local port, remote address and port, and the bytes in the send queue, all in hexadecimal. */
const ROW = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) .. ([0-9A-F]{8}):/gm;
/** Precedes an IPv4 address in the table of IPv6, whose words are in the machine's byte order. */
const MAPPED = '0000000000000000FFFF0000';
/** How long a table may be used, in milliseconds: reading it takes 2 µs for each open connection. */
const FRESH_FOR = 4_000;

/** Returns a function that returns the bytes that the peer of a socket has not taken, as of the last reading. */
export function createSendQueues(clock: Clock): (socket: Socket) => number {
  let table: ReadonlyMap<string, number> | undefined;
  let readAt = 0;
  return ({ localPort = 0, remoteAddress = '', remotePort = 0 }) => {
    const now = clock.monotonic();
    if (table === undefined || now - readAt >= FRESH_FOR) {
      table = readTable();
      readAt = now;
    }
    const key = [hex(localPort, 4), addressKey(remoteAddress), hex(remotePort, 4)].join();
    return table.get(key) ?? 0;
  };
}

function readTable(): ReadonlyMap<string, number> {
  const queues = new Map<string, number>();
  for (const path of TABLES) {
    if (!existsSync(path)) continue;
    const text = unlessNoneLeft(() => readFileSync(path, 'latin1'));
    if (text === undefined) continue;
    for (const [, localPort, address = '', port, bytes = ''] of text.matchAll(ROW)) {
      const remote = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
      if (bytes !== '00000000') queues.set([localPort, remote, port].join(), Number(`0x${bytes}`));
    }
  }
  return queues;
}

/** An address as the tables spell it: in words of four bytes, each of them backwards. */
function addressKey(address: string): string {
  const plain = canonical(address) ?? '';
  const bytes = plain.includes(':')
    ? groupsOf(plain).flatMap((group) => hex(Number(`0x${group}`), 4).match(/../g) ?? [])
    : plain.split('.').map((part) => hex(Number(part), 2));
  const words = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.slice(4 * i, 4 * i + 4));
  return words.map((word) => word.reverse().join('')).join('');
}

function hex(number: number, digits: number): string {
  return number.toString(16).toUpperCase().padStart(digits, '0');
}
