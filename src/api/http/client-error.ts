// Answers connections that fail before a request arrives, with the statuses of Node.js, and counts the late ones.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Telemetry } from '../../stream/telemetry.ts';

const TOO_LATE = 408;
/** By the code of Node's error; every other error is a bad request. */
const ANSWERS: Readonly<Record<string, readonly [status: number, sentence: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    TOO_LATE,
    'The request did not arrive in time; send it without a pause',
  ],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too long; send fewer or shorter ones'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too long; send none'],
};
const BAD_REQUEST = [400, 'This is not a valid request; send HTTP/1.1'] as const;

/** For a server's `clientError` event; Node.js then answers nothing itself. */
export function answerClientError(
  telemetry: Telemetry,
): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    const [status, sentence] = ANSWERS[error.code ?? ''] ?? BAD_REQUEST;
    if (status === TOO_LATE) telemetry.rejected('request', 'a request that did not arrive in time');
    if (isFree(socket)) {
      const body = `${JSON.stringify({ error: sentence })}\n`;
      socket.write(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
          'Content-Type: application/json; charset=utf-8\r\n' +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    }
    socket.destroy(error);
  };
}

/** False while another answer is on its way: the client would take this one for a part of it. */
function isFree(socket: Duplex & { _httpMessage?: ServerResponse | null }): boolean {
  return socket.writable && socket._httpMessage?.headersSent !== true;
}
