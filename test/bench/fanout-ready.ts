// The ways of the fan-out benchmark that send ready strings: they show what Senti's own work adds to.

import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type DocumentNode, parse } from 'graphql';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { schema } from '../../src/api/graphql/schema.ts';
import { TEXT_FRAMES } from '../../src/api/socket/text-frame.ts';
import type { Certificate } from '../support/certificate.ts';

export interface Way {
  readonly url: string;
  publish(texts: readonly string[]): void;
}

/** Over TLS if there is a certificate. */
export function createReadyWays(certificate: Certificate | undefined) {
  return {
    bare: () => bare(certificate),
    'graphql-ws': () => graphqlWs(certificate),
    floor,
  };
}

/** No GraphQL at all: a ready string to every socket that asked, as often as it asked. */
async function bare(certificate: Certificate | undefined): Promise<Way> {
  const http = createHttp(certificate);
  const tracks = createTracks();
  new WebSocketServer({ server: http }).on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      const track = message.track ?? message.payload?.variables?.track;
      if (track === undefined) socket.send('{"type":"connection_ack"}');
      else tracks.follow(track, socket);
    });
  });
  return { url: await listen(http), publish: tracks.publish };
}

/**
 * The protocol by the library, as little besides as it allows. Operations are parsed once and not validated, and events
 * go past the library, as in Senti.
 */
async function graphqlWs(certificate: Certificate | undefined): Promise<Way> {
  const http = createHttp(certificate);
  const tracks = createTracks();
  const documents = new Map<string, DocumentNode>();
  useServer<Record<string, unknown>, Partial<Extra>>(
    {
      onSubscribe(_context, _id, { query, variables }) {
        const document = documents.get(query) ?? parse(query);
        documents.set(query, document);
        return { schema, document, variableValues: variables };
      },
      context: ({ extra }) => extra.socket,
      subscribe({ variableValues, contextValue }) {
        tracks.follow(String(variableValues?.track), contextValue as WebSocket);
        return SILENT;
      },
    },
    new WebSocketServer({ server: http }),
    NO_PINGS,
  );
  return { url: await listen(http), publish: tracks.publish };
}

const NO_PINGS = 0;

const SILENT: AsyncIterableIterator<never> = {
  next: () => new Promise(() => {}),
  [Symbol.asyncIterator]() {
    return this;
  },
};

/** What no way can do without: one write to the connection for each message, of a frame that is ready. */
async function floor(): Promise<Way> {
  const http = createHttp(undefined);
  const connections: Duplex[] = [];
  new WebSocketServer({ server: http }).on('connection', (socket, request) => {
    connections.push(request.socket);
    socket.on('message', () => socket.send('{"type":"connection_ack"}'));
  });
  return {
    url: await listen(http),
    publish(texts) {
      for (const text of texts) {
        const frame = frameOf(ready(text));
        for (const connection of connections) connection.write(frame);
      }
    },
  };
}

/** The sockets that follow each track. */
function createTracks() {
  const byTrack = new Map<string, WebSocket[]>();
  return {
    follow(track: string, socket: WebSocket): void {
      const others = byTrack.get(track);
      if (others) others.push(socket);
      else byTrack.set(track, [socket]);
    },
    publish(texts: readonly string[]): void {
      for (const text of texts) {
        const message = ready(text);
        for (const word of text.split(' ')) {
          for (const socket of byTrack.get(word) ?? []) socket.send(message);
        }
      }
    },
  };
}

function ready(text: string): string {
  return (
    '{"id":"123e4567-e89b-42d3-a456-426614174000","type":"next","payload":{"data":{"sentiment":' +
    `{"polarityIndex":0,"hashtags":[{"tag":"bean","count":1}],"post":{"id":"${text.split('@').at(-1)}"}}}}}`
  );
}

function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.alloc(TEXT_FRAMES.headerLength(length) + length);
  frame.write(text, TEXT_FRAMES.writeHeader(frame, 0, length));
  return frame;
}

function createHttp(certificate: Certificate | undefined): Server {
  return certificate === undefined ? createServer() : createSecureServer(certificate);
}

/** The URL at which `http` listens, on a free port. */
export function listen(http: Server): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  http.listen(0, '127.0.0.1', () => {
    const scheme = http instanceof SecureServer ? 'https' : 'http';
    resolve(`${scheme}://127.0.0.1:${(http.address() as AddressInfo).port}`);
  });
  return promise;
}
