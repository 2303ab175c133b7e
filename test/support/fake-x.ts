// A stand-in for X's filtered stream: a real server that behaves as the documentation says, faults included.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { countPosts, type PostsPerDay } from './fake-x-counts.ts';
import {
  type Answer,
  createRuleBook,
  type RuleFaults,
  type StoredRule,
  type XPost,
} from './fake-x-rule-book.ts';

export interface FakeXOptions {
  readonly port?: number;
  readonly clock?: Clock;
  readonly token?: string;
  readonly maxRules?: number;
  readonly ruleLength?: number;
  /** Milliseconds between two keep-alives, by the clock. With 0, only the test sends some. */
  readonly keepAliveMs?: number;
  readonly connectsAWindow?: number;
  readonly readsAWindow?: number;
  readonly writesAWindow?: number;
  readonly postsPerDay?: PostsPerDay;
}

type Fault = Answer | 'silent' | 'drop' | 'real';

/** A test may change these at any time. */
export interface Faults extends RuleFaults {
  /**
   * Taken one by one, in place of the real answer; `silent` never answers, `drop` closes the socket, and
   * `real` is no fault.
   */
  readonly connects: Fault[];
  readonly rules: Fault[];
  readonly estimates: Fault[];
  /** Every line goes out in pieces of this many bytes, if more than 0. */
  pieceBytes: number;
  /** X still believes in a connection that has ended long ago. */
  stuck: boolean;
}

const WINDOW_MS = 15 * 60_000;

interface Window {
  readonly limit: number;
  start: number;
  used: number;
}

export async function startFakeX(options: FakeXOptions = {}) {
  const { clock = systemClock, token = 'stand-in', maxRules = 1000, ruleLength = 1024 } = options;
  const faults: Faults = {
    connects: [],
    rules: [],
    estimates: [],
    enactmentMs: 0,
    reject: () => undefined,
    allOrNothing: false,
    pieceBytes: 0,
    stuck: false,
  };
  const book = createRuleBook({ maxRules, ruleLength, clock, faults });
  const { rules } = book;
  const counts = { connects: 0, opened: 0, reads: 0, writes: 0, estimates: 0, limited: 0, sent: 0 };
  const windows = {
    connect: { limit: options.connectsAWindow ?? 50, start: clock.now(), used: 0 },
    read: { limit: options.readsAWindow ?? 450, start: clock.now(), used: 0 },
    estimate: { limit: 300, start: clock.now(), used: 0 },
    write: { limit: options.writesAWindow ?? 100, start: clock.now(), used: 0 },
  };
  let stream: ServerResponse | undefined;
  let lastConnect: IncomingMessage | undefined;
  let lastQuery: string | undefined;
  let cancelKeepAlive = () => {};

  const http = createServer((request, response) => {
    void handle(request, response);
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const body = await readBody(request);
    if (pathname === '/2/tweets/search/stream') {
      counts.connects += 1;
      lastConnect = request;
      if (reject(response, faults.connects, windows.connect, request)) return;
      connect(response);
    } else if (pathname === '/2/tweets/search/stream/rules') {
      const isWrite = request.method === 'POST';
      counts[isWrite ? 'writes' : 'reads'] += 1;
      if (reject(response, faults.rules, windows[isWrite ? 'write' : 'read'], request)) return;
      if (isWrite) answer(response, book.write(body, searchParams.get('dry_run') === 'true'));
      else answer(response, book.list(searchParams.get('pagination_token')));
    } else if (pathname === '/2/tweets/counts/recent') {
      counts.estimates += 1;
      lastQuery = searchParams.get('query') ?? '';
      if (reject(response, faults.estimates, windows.estimate, request)) return;
      answer(response, countPosts(lastQuery, clock.now(), options.postsPerDay ?? 0));
    } else {
      answer(response, { status: 404, body: { title: 'Not Found' } });
    }
  }

  /** Answers a request that meets a fault, has a wrong token or exceeds a limit. Returns false for any other. */
  function reject(
    response: ServerResponse,
    queue: Fault[],
    window: Window,
    { headers }: IncomingMessage,
  ): boolean {
    const fault = queue.shift();
    if (fault === 'drop') response.socket?.destroy();
    else if (typeof fault === 'object') answer(response, fault);
    if (fault !== undefined && fault !== 'real') return true;
    if (headers.authorization !== `Bearer ${token}`) {
      const body = {
        title: 'Unauthorized',
        type: 'about:blank',
        status: 401,
        detail: 'Unauthorized',
      };
      answer(response, { status: 401, body });
      return true;
    }
    return countRequest(response, window);
  }

  function countRequest(response: ServerResponse, window: Window): boolean {
    if (clock.now() >= window.start + WINDOW_MS) {
      window.start = clock.now();
      window.used = 0;
    }
    window.used += 1;
    const remaining = Math.max(0, window.limit - window.used);
    response.setHeader('x-rate-limit-limit', window.limit);
    response.setHeader('x-rate-limit-remaining', remaining);
    response.setHeader('x-rate-limit-reset', Math.ceil((window.start + WINDOW_MS) / 1000));
    if (window.used <= window.limit) return false;
    counts.limited += 1;
    const body = { title: 'Too Many Requests', detail: 'Too Many Requests', status: 429 };
    answer(response, { status: 429, body });
    return true;
  }

  function connect(response: ServerResponse): void {
    if (stream !== undefined || faults.stuck) {
      const body = {
        title: 'ConnectionException',
        detail: 'This stream is currently at the maximum allowed connection limit.',
        connection_issue: 'TooManyConnections',
        type: 'https://api.twitter.com/2/problems/streaming-connection',
      };
      answer(response, { status: 429, body });
    } else if (rules.size === 0) {
      const body = {
        title: 'ConnectionException',
        detail: 'There are no rules',
        connection_issue: 'RuleConfigurationIssue',
      };
      answer(response, { status: 409, body });
    } else {
      counts.opened += 1;
      stream = response;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      response.socket?.setNoDelay(true);
      response.on('error', () => {});
      response.on('close', () => {
        if (stream === response) stream = undefined;
      });
      keepAlive();
    }
  }

  function keepAlive(): void {
    cancelKeepAlive();
    if (!options.keepAliveMs || stream === undefined) return;
    cancelKeepAlive = clock.after(options.keepAliveMs, () => {
      stream?.write('\r\n');
      keepAlive();
    });
  }

  /** Resolves when the bytes have left for the kernel. */
  async function raw(bytes: string | Uint8Array): Promise<void> {
    const response = stream;
    if (response === undefined) return;
    const whole = Buffer.from(bytes);
    const step = faults.pieceBytes > 0 ? faults.pieceBytes : whole.length;
    for (let start = 0; start < whole.length; start += step) {
      await new Promise<void>((resolve) =>
        response.write(whole.subarray(start, start + step), () => resolve()),
      );
    }
  }

  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;

  return {
    /** For `--x-url`. */
    url: `http://127.0.0.1:${port}/2/`,
    token,
    rules,
    faults,
    counts,
    get lastConnect() {
      return lastConnect;
    },
    /** The last query whose posts were counted. */
    get lastQuery() {
      return lastQuery;
    },
    get connected() {
      return stream !== undefined;
    },
    addRule: book.plant,
    matching: book.matching,
    get mostRules() {
      return book.most;
    },
    /** Sends a post if a client is connected and a rule asks for it. Returns whether it did. */
    async push(post: XPost, quotedText?: string): Promise<boolean> {
      const matched = book.matching(post, quotedText);
      if (stream === undefined || matched.length === 0) return false;
      counts.sent += 1;
      await raw(spellLine(post, matched));
      return true;
    },
    /** Sends bytes as they are. */
    raw,
    /** Ends the connection in order. */
    end: () => stream?.end(),
    /** Breaks the connection, once what was sent is out. */
    drop() {
      const response = stream;
      stream = undefined;
      response?.socket?.destroy();
    },
    async close() {
      cancelKeepAlive();
      stream = undefined;
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

export type { StoredRule, XPost };

export type FakeX = Awaited<ReturnType<typeof startFakeX>>;

export function spellLine(
  post: XPost,
  matched: readonly { id: string; tag?: string | undefined }[] = [],
): string {
  const matching_rules = matched.map(({ id, tag }) => ({ id, tag }));
  return `${JSON.stringify({ data: { edit_history_tweet_ids: [post.id], ...post }, matching_rules })}\r\n`;
}

function answer(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(
    body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  );
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}
