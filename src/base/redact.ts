// Takes secrets out of texts that leave the process: log lines, states, reasons and errors.

/** Shorter secrets are left alone: they would remove everyday words from every text. In characters. */
const SHORTEST_REDACTED = 6;
/** Upstreams shorten what they repeat, so this much of a secret's beginning identifies it. */
const TELLTALE = 12;

export const REDACTED = '[redacted]';

export type Redact = (text: string) => string;

/** Replaces every secret by `REDACTED`, and also the beginning of one, if it is too long for a coincidence. */
export function createRedactor(secrets: readonly string[]): Redact {
  const forms = new Set(
    secrets.filter(({ length }) => length >= SHORTEST_REDACTED).flatMap(formsOf),
  );
  // The longest first, since one form may be the beginning of another.
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce(without, text);
}

/** A secret in plain text, in JSON, in an address and in an Authorization header. */
function formsOf(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ];
}

function without(text: string, secret: string): string {
  const telltale = secret.slice(0, TELLTALE);
  let left = '';
  let done = 0;
  for (let at = text.indexOf(telltale); at !== -1; at = text.indexOf(telltale, done)) {
    let length = telltale.length;
    while (length < secret.length && text[at + length] === secret[length]) length += 1;
    left += text.slice(done, at) + REDACTED;
    done = at + length;
  }
  return done === 0 ? text : left + text.slice(done);
}
