// GraphQL over WebSocket, as a route: which subprotocol it speaks, and what begins on each socket.

import { CloseCode } from 'graphql-ws';
import { bearerOf } from '../access/auth.ts';
import type { Shared } from '../shared.ts';
import type { SocketRoute } from '../socket/upgrade.ts';
import { GraphQLConversation } from './graphql-conversation.ts';
import type { Operations } from './operations.ts';
import { chooseProtocol, rejectsProtocol } from './subprotocol.ts';
import { GRAPHQL_PATH } from './yoga.ts';

export function createGraphQLSocket(shared: Shared, operations: Operations): SocketRoute {
  const surroundings = { shared, operations, log: shared.telemetry.log('GraphQL socket') };
  return {
    path: GRAPHQL_PATH,
    chooseProtocol,
    // The protocol uses it for too many `connection_init`.
    floodCode: CloseCode.TooManyInitialisationRequests,
    serve(socket, outbox, { headers }, client) {
      if (rejectsProtocol(socket, outbox)) return undefined;
      const token = bearerOf(headers.authorization);
      return new GraphQLConversation(surroundings, socket, outbox, token, client);
    },
  };
}
