// Answers connections that fail before a request arrives, as Node.js itself would, and counts the late ones.

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Telemetry } from '../../stream/telemetry.ts';

const TOO_LATE = 408;
/** By the code of Node's error; every other error is a bad request. */
const STATUSES: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: TOO_LATE,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};
const BAD_REQUEST = 400;

/** For a server's `clientError` event; Node.js then answers nothing itself. */
export function answerClientError(
  telemetry: Telemetry,
): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    const status = STATUSES[error.code ?? ''] ?? BAD_REQUEST;
    if (status === TOO_LATE) telemetry.rejected('request', 'a request that did not arrive in time');
    if (isFree(socket)) {
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
    }
    socket.destroy(error);
  };
}

/** False while another answer is on its way: the client would take this one for a part of it. */
function isFree(socket: Duplex & { _httpMessage?: ServerResponse | null }): boolean {
  return socket.writable && socket._httpMessage?.headersSent !== true;
}
