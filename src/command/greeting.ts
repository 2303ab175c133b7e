// The first minute: where to look, where the posts come from, and how to get live ones.

import type { Config } from '../config/options.ts';

const POSTS: Readonly<Record<string, string>> = {
  sample: 'made up by the built-in sample',
  bluesky: 'live from Bluesky',
  x: 'live from X',
  replay: 'played from a file',
};

/** What there is to say once the server listens on `url`: each a name and what to know of it. */
export function greet(
  url: string,
  { source, graphiql }: Pick<Config, 'source' | 'graphiql'>,
): readonly (readonly [name: string, text: string])[] {
  const socket = url.replace(/^http/, 'ws');
  return [
    ['dashboard', url],
    [graphiql ? 'GraphiQL' : 'GraphQL', `${url}/graphql`],
    ['/track', `${socket}/track`],
    ['posts', `${POSTS[source] ?? `from ${source}`}, once somebody tracks a topic`],
    ...(source === 'sample'
      ? [['live posts', 'npm start -- --source bluesky (no key, no account)'] as const]
      : []),
  ];
}

/** The same for a person at a terminal. */
export function greetAtTerminal(lines: ReturnType<typeof greet>): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  const rows = lines.map(([name, text]) => `  ${name.padEnd(width)}   ${text}\n`);
  return `\n  Senti is listening. Ctrl+C stops it.\n\n${rows.join('')}\n`;
}

/** Why it could not listen, and what to do about it; undefined for what is no such failure. */
export function explainListenError(
  error: unknown,
  { host, port }: Pick<Config, 'host' | 'port'>,
): string | undefined {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return;
  const where = `cannot listen on ${host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where}: the port is in use. Choose another: npm start -- --port ${port + 1}`;
    case 'EACCES':
      return `${where}: this user may not. Ports from 1024 on are free to all: npm start -- --port 8000`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${where}: this machine has no such address. Leave --host out for 127.0.0.1`;
    default:
      return `${where}: ${error.message}`;
  }
}
