// The server under attack, and the check that it still does its job.

import { type Inspected, type Measured, startInspected } from '../support/inspected.ts';
import { played } from './expected.ts';
import { type Honest, HonestClients } from './honest.ts';

/** Posts a second: so many that no client waits long for one. */
const RATE = 200;
/** Matches nearly every post of the sample. */
const EVERYTHING =
  'coffee, tea, football, music, weather, train, dog, dogs, pizza, running, run, film, phone, rust';
const DEADLINE_MS = 20_000;
/** One machine sends everything, so with these limits the server would reject most of it unread. */
const HURRIED = ['attempts', 'messages-per-second', 'work-per-second'];
const IN_A_HURRY = HURRIED.flatMap((limit) => [`--max-${limit}`, 'none']);

const PROTOTYPES = `JSON.stringify([Object, Array, Function, String, Number, Promise, RegExp, Map, Error]
  .map(({ name, prototype }) => [name, ...Reflect.ownKeys(prototype).map(String)]))`;

export interface Target {
  readonly url: URL;
  readonly server: Inspected;
  /** What is wrong with the server now; nothing, if it does its job. */
  check(): Promise<readonly string[]>;
  /** Waits until the event loop of the server has run a few ticks. */
  passTicks(): Promise<void>;
  measure(): Promise<Measured>;
  stop(): Promise<void>;
}

export async function startTarget(options: readonly string[] = []): Promise<Target> {
  const server = await startInspected([...played(RATE), ...IN_A_HURRY, ...options]);
  const clients = new HonestClients(server.url, [EVERYTHING]);
  const witnesses: Honest[] = [];
  for (const surface of ['graphql', 'sse', 'track'] as const) {
    witnesses.push(await clients.open(surface, EVERYTHING));
  }
  const prototypes = await server.evaluate(PROTOTYPES);
  let complained = 0;

  /** Does what an honest client does, and throws if the server fails it. */
  async function useHonestly(): Promise<void> {
    const health = await fetch(new URL('/health', server.url));
    expectEqual('/health', await health.text(), '{"status":"alive"}\n');
    const query = '{ analyze(text: "great") { polarity } track(query: "b a") { canonical } }';
    const answer = '{"data":{"analyze":{"polarity":"POSITIVE"},"track":{"canonical":"a b"}}}';
    expectEqual('an answer', await ask(query), answer);
    await Promise.all(witnesses.map((witness) => witness.next()));
    const passer = await clients.open('graphql', EVERYTHING);
    passer.leave();
    for (const { ledger, surface } of [...witnesses, passer]) {
      if (ledger.problem !== undefined) throw new Error(`${surface}: ${ledger.problem}`);
    }
    expectEqual('prototypes', await server.evaluate(PROTOTYPES), prototypes);
    await untilOnlyWitnessesListen();
  }

  /** The server forgets clients that have left. */
  async function untilOnlyWitnessesListen(): Promise<void> {
    const only = `{"data":{"status":{"listeners":${witnesses.length},"activeTracks":1}}}`;
    const start = performance.now();
    for (;;) {
      const status = await ask('{ status { listeners activeTracks } }');
      if (status === only) return;
      if (performance.now() - start > DEADLINE_MS) throw new Error(`some still listen: ${status}`);
    }
  }

  async function ask(query: string): Promise<string> {
    const response = await fetch(new URL('/graphql', server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query }),
    });
    return response.text();
  }

  return {
    url: server.url,
    server,
    async passTicks() {
      for (let i = 0; i < 3; i++) {
        // The check finds a server that does not answer.
        await fetch(new URL('/health', server.url)).then(
          (response) => response.text(),
          () => {},
        );
      }
    },
    measure: () => server.measure(),
    async check() {
      const problems: string[] = [];
      try {
        await within(DEADLINE_MS * 2, 'an honest client', useHonestly());
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        problems.push(`an honest client was let down: ${error.message}`);
      }
      if (server.ended !== undefined) problems.push(server.ended);
      problems.push(...server.complaints.slice(complained));
      complained = server.complaints.length;
      return problems;
    },
    async stop() {
      for (const witness of witnesses) witness.leave();
      await server.stop();
    },
  };
}

/** Resolves with the result of `work`. Rejects if that takes longer than `ms` milliseconds. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} waited for ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function expectEqual(what: string, found: string, expected: unknown): void {
  if (found !== expected) throw new Error(`${what} is ${found.slice(0, 500)}, not ${expected}`);
}
