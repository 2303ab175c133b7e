// Serves a file from memory: one copy, however many clients read it and however slowly.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { isRead } from './answers.ts';
import { allowFileTime } from './stall-timeout.ts';

export interface File {
  readonly body: Buffer;
  /** The body in gzip (RFC 1952). */
  readonly zipped: Buffer;
  /** The etag of the body, without quotation marks. That of the gzip form is derived from it. */
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

export async function createFile(body: Buffer, headers: File['headers']): Promise<File> {
  const etag = createHash('sha256').update(body).digest('base64url');
  return { body, zipped: await promisify(gzip)(body), etag, headers };
}

/** How much is written at once. */
const PIECE_BYTES = 64 * 1024;

/** Answers GET and HEAD; other methods get 405. */
export function serveFile(file: File, request: IncomingMessage, response: ServerResponse): void {
  if (!isRead(request, response)) return;
  const { method, headers } = request;
  const zips = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers['accept-encoding'] ?? '');
  const body = zips ? file.zipped : file.body;
  const etag = zips ? `"${file.etag}-gzip"` : `"${file.etag}"`;
  response.appendHeader('vary', 'Accept-Encoding');
  if (isAmong(headers['if-none-match'], etag)) {
    response.writeHead(304, { ...file.headers, etag }).end();
    return;
  }
  response.writeHead(200, {
    ...file.headers,
    etag,
    ...(zips && { 'content-encoding': 'gzip' }),
    'content-length': body.length,
  });
  if (method === 'HEAD') response.end();
  else writeInPieces(body, response);
}

/** A body written whole would stay in memory for each peer until all of it has left: with TLS, twice. */
function writeInPieces(body: Buffer, response: ServerResponse): void {
  allowFileTime(response);
  let at = 0;
  function writeOn(): void {
    while (at + PIECE_BYTES < body.length) {
      const piece = body.subarray(at, at + PIECE_BYTES);
      at += PIECE_BYTES;
      if (!response.write(piece)) return void response.once('drain', writeOn);
    }
    response.end(body.subarray(at));
  }
  writeOn();
}

/** By weak comparison (RFC 9110, section 13.1.2). */
function isAmong(list: string | undefined, etag: string): boolean {
  const tags = (list ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
