// The header Accept (RFC 9110, section 12.5.1): which types of answer a client takes.

export const JSON_TYPE = 'application/json';
/** The type of GraphQL over HTTP. */
export const RESPONSE_TYPE = 'application/graphql-response+json';
export const EVENT_STREAM = 'text/event-stream';
export const MULTIPART = 'multipart/mixed';
export type StreamType = typeof EVENT_STREAM | typeof MULTIPART;

/** Names Apollo's protocol and its version. Without it, a client means parts of another kind. */
const MULTIPART_PROTOCOL = /^subscriptionspec=["']?1\.0["']?$/;

/**
 * The type of stream that `accept` prefers; undefined if it takes none. A client that names the multipart protocol gets
 * it unless it would rather have Server-Sent Events.
 */
export function streamOf(accept: string | undefined): StreamType | undefined {
  const events = weightOf(accept, EVENT_STREAM);
  const named = rangesOf(accept).filter(
    ([name, ...parameters]) =>
      name === MULTIPART && parameters.some((parameter) => MULTIPART_PROTOCOL.test(parameter)),
  );
  const parts = Math.max(0, ...named.map(weight));
  if (parts > 0 && parts >= events) return MULTIPART;
  return events > 0 ? EVENT_STREAM : undefined;
}

/** Whether `accept` takes `type`. Without the header, or with an empty one, anything will do. */
export function admits(accept: string | undefined, type: string): boolean {
  return weightOf(accept, type) > 0;
}

/** How much `accept` wants `type`, from 0 for not at all to 1. The range that names it most closely decides. */
function weightOf(accept: string | undefined, type: string): number {
  const ranges = rangesOf(accept);
  for (const name of [type, `${type.split('/', 1)}/*`, '*/*']) {
    const weights = ranges.filter(([asked]) => asked === name).map(weight);
    if (weights.length > 0) return Math.max(...weights);
  }
  return 0;
}

/** Each range of types as its name and its parameters. */
function rangesOf(accept: string | undefined): readonly (readonly string[])[] {
  return (accept || '*/*')
    .replace(/\s/g, '')
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';'))
    .filter(isUtf8);
}

/** Yoga reads the parameter the same way, and answers in no other charset. */
function isUtf8(parameters: readonly string[]): boolean {
  const charset = parameters.find((parameter) => parameter.includes('charset='));
  return charset === undefined || charset === 'charset=utf-8';
}

function weight(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => /^q=[\d.]+$/.test(parameter));
  return quality === undefined ? 1 : Number.parseFloat(quality.slice('q='.length));
}
