// Quotes what an upstream sent, so that it is safe in a log.

/** The most characters of an upstream value that a reason quotes. */
const EXCERPT_LENGTH = 60;

/** The beginning of `text`, quoted and in printable ASCII. */
export function excerpt(text: string): string {
  const start = text
    .slice(0, EXCERPT_LENGTH)
    .replace(/["\\]/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${start}${text.length > EXCERPT_LENGTH ? '…' : ''}"`;
}

/** The same for any value of JSON. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return excerpt(value);
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  return value === undefined ? 'missing' : String(value);
}
