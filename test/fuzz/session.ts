// A session: one connection, and everything that the client sends on it.

export const SURFACES = ['post', 'sse', 'graphql', 'track'] as const;
export type Surface = (typeof SURFACES)[number];

export interface Session {
  readonly surface: Surface;
  /** How many requests, frames and messages it sends; a handshake is one. */
  readonly inputs: number;
  /** Sent one by one, each in its own write. */
  readonly writes: readonly Buffer[];
  /**
   * What the client does once everything is written. `wait`: it waits for the server to end the connection.
   * `linger`: it stays until the test ends it or the server closes the socket. `hang up`: it ends its half and
   * waits for the server's. `vanish`: it resets the connection.
   */
  readonly after: 'wait' | 'linger' | 'hang up' | 'vanish';
}
