// What an operator needs first: the addresses, the source of the posts, and how to get live ones.

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { type Config, DOLLARS_A_POST, type SourceName } from '../config/options.ts';

const POSTS: Readonly<Record<SourceName, string>> = {
  sample: 'made up by the built-in sample',
  bluesky: 'live from Bluesky',
  mastodon: 'live from Mastodon',
  x: 'live from X',
  replay: 'played from a file',
};

const AND = new Intl.ListFormat('en-GB');
/** Addresses of `0.0.0.0` or `::` to list. A machine with containers has many. */
const MAX_ADDRESSES = 3;

/** Returns the lines for a server at these addresses. `interfaces` are those of the machine. */
export function greet(
  { url, ownUrl }: { readonly url: string; readonly ownUrl?: string | undefined },
  {
    host,
    sources,
    graphiql,
    documents,
    follow,
    xDailyPosts,
  }: Pick<Config, 'host' | 'sources' | 'graphiql' | 'documents' | 'follow' | 'xDailyPosts'>,
  interfaces = networkInterfaces(),
): readonly (readonly [name: string, text: string])[] {
  const socket = url.replace(/^http/, 'ws');
  return [
    ['dashboard', url],
    ...(host === '0.0.0.0' || host === '::'
      ? addressesOf(interfaces).map((address) => ['network', withHost(url, address)] as const)
      : []),
    [graphiql && !documents ? 'GraphiQL' : 'GraphQL', `${url}/graphql`],
    ['/track', `${socket}/track`],
    ...(ownUrl === undefined ? [] : [['own port', ownUrl] as const]),
    [
      'posts',
      `${AND.format(sources.map((source) => POSTS[source]))}${follow.length > 0 ? '' : ', once a client tracks a topic'}`,
    ],
    ...(follow.length > 0 ? [['follows', nameAll(follow)] as const] : []),
    ...(sources.includes('x') && follow.some((track) => track.sources?.has('x') ?? true)
      ? [['costs', costOf(xDailyPosts)] as const]
      : []),
    ...(sources.includes('sample')
      ? [['live posts', 'npm start -- --source bluesky (no key, no account)'] as const]
      : []),
  ];
}

/** The IPv4 addresses under which other machines may reach this one. */
function addressesOf(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly string[] {
  return Object.values(interfaces)
    .flatMap((addresses = []) => addresses)
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
    .slice(0, MAX_ADDRESSES);
}

function withHost(url: string, host: string): string {
  const changed = new URL(url);
  changed.hostname = host;
  return changed.origin;
}

/** A longer list of tracks is only counted, so that the line fits the terminal. */
const MAX_LISTED = 60;

function nameAll(tracks: Config['follow']): string {
  const names = tracks.map(({ canonical }) => canonical).join(' | ');
  return names.length > MAX_LISTED ? `${tracks.length} tracks` : names;
}

/** What X may charge for tracks that are followed around the clock. */
function costOf(dailyPosts: Config['xDailyPosts']): string {
  if (dailyPosts === 'none') {
    return `each post $${DOLLARS_A_POST}, day and night, without a limit. Set one with --x-daily-posts`;
  }
  const dollars = (dailyPosts * DOLLARS_A_POST).toFixed(2);
  return `up to $${dollars} a day for ${dailyPosts} posts (--x-daily-posts)`;
}

/** Lays the lines out for a terminal. */
export function greetAtTerminal(lines: ReturnType<typeof greet>): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  const rows = lines.map(([name, text]) => `  ${name.padEnd(width)}   ${text}\n`);
  return `\n  Senti is running. Press Ctrl+C to stop it.\n\n${rows.join('')}\n`;
}

/** Explains why the server cannot listen, and what to do. Returns undefined for any other error. */
export function explainListenError(
  error: unknown,
  { host, port, ownPort, reusePort }: Pick<Config, 'host' | 'port' | 'ownPort' | 'reusePort'>,
): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return;
  const isOwn = ownPort !== undefined && 'port' in error && error.port === ownPort;
  const asked = isOwn ? ownPort : port;
  const flag = isOwn ? '--own-port' : '--port';
  const where = `cannot listen on ${host}:${asked}`;
  switch (error.code) {
    case 'EADDRINUSE':
      if (reusePort && !isOwn) {
        return `${where}: the port is in use, and not shared. Start each program on it with --reuse-port, as the same user`;
      }
      return `${where}: the port is in use. Try another one: npm start -- ${flag} ${asked + 1}`;
    case 'ENOTSUP':
      return `${where}: this system cannot share a port among processes. Omit --reuse-port`;
    case 'EACCES':
      return `${where}: permission denied. Use a port from 1024 on: npm start -- ${flag} ${isOwn ? 8001 : 8000}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${where}: this machine has no such address. Omit --host to listen on 127.0.0.1`;
    default:
      return `${where}: ${error.message}`;
  }
}
