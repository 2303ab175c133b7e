// The target of a request, in both of its forms (RFC 9112, section 3.2).

import type { IncomingMessage } from 'node:http';

/** The path and the query. */
export function targetOf({ url = '/' }: IncomingMessage): string {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** The path without the query. */
export function pathOf(request: IncomingMessage): string {
  return targetOf(request).split('?', 1)[0] ?? '/';
}
