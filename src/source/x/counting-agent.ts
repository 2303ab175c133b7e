// An agent of Node's HTTP client that says how many bytes come in, for a client library that reads answers
// without a bound.

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** For `http:` or `https:` addresses, as `url` is one. `destroy` breaks off whatever comes. */
export function createCountingAgent(url: string, onBytes: (bytes: number) => void): HttpAgent {
  const agent = url.startsWith('https:') ? new HttpsAgent() : new HttpAgent();
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = connect(options, done);
    // Beside Node's parser: headers, and answers before the answer, are bytes too.
    socket?.on('data', (chunk: Uint8Array) => onBytes(chunk.length));
    return socket;
  };
  return agent;
}
