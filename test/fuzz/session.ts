// A session: one connection and all that is sent on it.

export const SURFACES = ['post', 'sse', 'graphql', 'track'] as const;
export type Surface = (typeof SURFACES)[number];

export interface Session {
  readonly surface: Surface;
  /** How many requests, frames and messages it sends; a handshake is one. */
  readonly inputs: number;
  /** What is sent, each a write of its own. */
  readonly writes: readonly Buffer[];
  /**
   * What the client does when all is written: `wait` for the server to end the connection, `linger`
   * until it is told to leave or the server closes the socket, `hang up` its half and wait for the server's,
   * or `vanish` with a reset.
   */
  readonly after: 'wait' | 'linger' | 'hang up' | 'vanish';
}
