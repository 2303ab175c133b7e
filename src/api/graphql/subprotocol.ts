// The subprotocols of a GraphQL WebSocket. Most clients report a handshake that ignores their offer as a failure without
// a reason. So the server accepts every offer, and then closes a socket whose protocol it does not speak.

import {
  CloseCode,
  DEPRECATED_GRAPHQL_WS_PROTOCOL as LEGACY,
  GRAPHQL_TRANSPORT_WS_PROTOCOL as SPOKEN,
} from 'graphql-ws';
import type { WebSocket } from 'ws';
import { closeAfterAll } from '../socket/close.ts';
import type { Outbox } from '../socket/outbox.ts';

/** Each has at most 123 bytes, the room of a close frame. */
const USE_SPOKEN = `Offer the subprotocol ${SPOKEN}, as the npm package graphql-ws does.`;
const NOT_LEGACY = `${LEGACY} is the old protocol, of subscriptions-transport-ws. Use ${SPOKEN} (npm: graphql-ws).`;

/** For a handshake that offers at least one. */
export function chooseProtocol(offered: Set<string>): string {
  const [first = ''] = offered;
  return [SPOKEN, LEGACY].find((protocol) => offered.has(protocol)) ?? first;
}

/** Closes a socket whose protocol the server does not speak, with a reason. Returns false for any other socket. */
export function rejectsProtocol(socket: WebSocket, outbox: Outbox): boolean {
  const { protocol } = socket;
  if (protocol === SPOKEN) return false;
  const message = protocol === LEGACY ? NOT_LEGACY : USE_SPOKEN;
  // Clients of the old protocol show this message, and not the reason of the close.
  if (protocol === LEGACY) {
    outbox.send(JSON.stringify({ type: 'connection_error', payload: { message } }));
  }
  closeAfterAll(socket, outbox, CloseCode.SubprotocolNotAcceptable, message);
  return true;
}
