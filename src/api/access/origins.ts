// Decides which web pages may talk to this server. A request without Origin does not come from a page, and passes.

import { isIP } from 'node:net';
import { bare, isLoopback } from '../../base/web-address.ts';

export type OriginCheck = (request: {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}) => boolean;

export const ORIGIN_NOT_ALLOWED =
  'The Origin of this page is not allowed. The operator can allow it with --origins (ALLOWED_ORIGINS).';

/** For the log. */
export function nameOrigin(origin: string | undefined): string {
  return `${origin} (--origins allows it)`;
}

/**
 * Allows the origins in `allowed`, loopback, and the server's own pages. A page is the server's own if it was loaded
 * from the very address that the request goes to, and that is an IP address or `host`. Any other name proves nothing:
 * a stranger can point one at this machine (DNS rebinding).
 */
export function createOriginCheck(allowed: readonly string[], host: string): OriginCheck {
  const listed = new Set(allowed);
  return ({ origin, host: requested }) => {
    if (origin === undefined || listed.has(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const page = new URL(origin);
    if (!/^https?:$/.test(page.protocol)) return false;
    if (isLoopback(page.hostname)) return true;
    const named = page.hostname === host.toLowerCase();
    return page.host === requested?.toLowerCase() && (named || isIP(bare(page.hostname)) !== 0);
  };
}

/**
 * Whether a page of `host`, a request's header, would be allowed. A stranger may have pointed any other name at this
 * machine; a GET of such a page has no Origin, and any User-Agent that the page chooses.
 */
export function isOwnHost(isAllowed: OriginCheck, host: string | undefined): boolean {
  return ['http', 'https'].some((scheme) => isAllowed({ origin: `${scheme}://${host}`, host }));
}
