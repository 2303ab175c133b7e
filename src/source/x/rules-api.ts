// X's rules endpoints, by way of twitter-api-v2: its answers checked, its errors as values.

import {
  ApiPartialResponseError,
  ApiRequestError,
  ApiResponseError,
  TwitterApi,
  TwitterApiv2,
} from 'twitter-api-v2';
import type { Clock } from '../../base/clock.ts';
import { isRecord, parseJson } from '../../base/json.ts';
import { createCountingAgent } from './counting-agent.ts';
import { asRecord, type Failure, readFailure } from './failure.ts';

export interface ApiRule {
  readonly id: string;
  readonly value: string;
  readonly tag?: string | undefined;
}

/** What became of rules that were to be added. */
export interface Added {
  readonly created: readonly ApiRule[];
  /** Some of them were there before. */
  readonly duplicates: boolean;
  /** X holds as many rules as it allows. */
  readonly full: boolean;
  /** Values that X can't make sense of, with what it says. */
  readonly invalid: ReadonlyMap<string, string>;
}

const TOO_MANY_READS = 'X allows only so many reads of its rules in 15 minutes';

export class ApiFailure {
  readonly failure: Failure;

  constructor(failure: Failure) {
    this.failure = failure;
  }
}

export interface RulesApi {
  /** All rules of this account, Senti's or not. `mayAsk` is called before each page, and stops at a false. */
  list(mayAsk?: () => boolean): Promise<readonly ApiRule[] | ApiFailure>;
  /** With `dryRun` nothing is added, only checked. */
  add(values: readonly string[], tag: string, dryRun?: boolean): Promise<Added | ApiFailure>;
  remove(ids: readonly string[]): Promise<ApiFailure | undefined>;
  /** Breaks off the request that is under way. Nothing is asked after it. */
  close(): void;
}

const RULES = 'tweets/search/stream/rules';
/**
 * Not as JSON: the client, reading an error, throws where nobody can catch it (`{"errors":[null]}` would
 * end the process).
 */
const AS_TEXT = { forceParseMode: 'text' } as const;
/** No answer by now is no answer, in milliseconds. */
const ANSWER_MS = 15_000;
const MIB = 1024 * 1024;
/** An answer has a thousand rules at most, of 2,048 characters each. */
export const MOST_ANSWER_BYTES = 8 * MIB;
/** Of a thousand rules each: more than any account has, and an end to a list that has none. */
const MOST_PAGES = 100;
/** In all pages: as many as `--x-max-rules` takes. */
const MOST_RULES = 100_000;
/** Of all pages: the 25,000 rules of an Enterprise account have 50. */
const MOST_LIST_BYTES = 64 * MIB;
/** X's ids have 19 digits; what goes back to it must not be of any length. */
const MOST_ID_CHARACTERS = 100;
/** The same for what asks for the next page of a list. */
const MOST_TOKEN_CHARACTERS = 1000;
/** Statuses of a request that was understood, some of whose rules are not acceptable. */
const UNACCEPTABLE = new Set([400, 422]);

/** For the address of an X that may be another one than X's own. */
class Client extends TwitterApiv2 {
  constructor(account: TwitterApi, url: string) {
    super(account);
    this.setPrefix(url);
  }
}

export function createRulesApi(url: string, token: string, clock: Clock): RulesApi {
  let closed = false;
  let bytes = 0;
  let brokenOff: Failure | undefined;
  const httpAgent = createCountingAgent(url, (more) => {
    bytes += more;
    if (bytes > MOST_ANSWER_BYTES) breakOff({ kind: 'http', reason: TOO_LONG });
  });
  const account = new TwitterApi(token, { httpAgent, compression: 'identity' });
  const client = new Client(account, url);

  /** The client has no limits of its own; to destroy the sockets is what ends a request. */
  function breakOff(failure: Failure): void {
    brokenOff ??= failure;
    httpAgent.destroy();
  }

  /** One at a time. */
  async function call(
    request: (client: Client) => Promise<unknown>,
  ): Promise<Readonly<Record<string, unknown>> | ApiFailure> {
    if (closed) return new ApiFailure(CLOSED);
    bytes = 0;
    brokenOff = undefined;
    const cancel = clock.after(ANSWER_MS, () =>
      breakOff({ kind: 'network', reason: 'X does not answer' }),
    );
    try {
      const text = String(await request(client));
      // The client takes for an answer what has come of it.
      if (brokenOff !== undefined) return new ApiFailure(brokenOff);
      const answer = parseJson(text);
      return isRecord(answer) ? answer : unreadable();
    } catch (error) {
      const failure = explain(error);
      if (failure === undefined) throw error;
      return new ApiFailure(brokenOff ?? failure);
    } finally {
      cancel();
    }
  }

  return {
    async list(mayAsk = () => true) {
      const found: ApiRule[] = [];
      let listBytes = 0;
      let pagination_token: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const query = pagination_token === undefined ? {} : { pagination_token };
        if (!mayAsk()) return new ApiFailure({ kind: 'limited', reason: TOO_MANY_READS });
        const answer = await call((v2) => v2.get(RULES, query, AS_TEXT));
        if (answer instanceof ApiFailure) return answer;
        const { data, meta } = answer;
        const rules = readRules(data);
        // An account without rules has no list at all.
        if (data !== undefined && !(Array.isArray(data) && rules.length === data.length)) {
          return unreadable();
        }
        for (const rule of rules) found.push(rule);
        listBytes += bytes;
        const { next_token: next } = asRecord(meta);
        if (typeof next !== 'string' || next === '') return found;
        if (found.length > MOST_RULES || listBytes > MOST_LIST_BYTES) break;
        if (next.length > MOST_TOKEN_CHARACTERS) return unreadable();
        // The client throws on half of a surrogate pair.
        pagination_token = next.toWellFormed();
      }
      return new ApiFailure({ kind: 'http', reason: "X's list of rules does not end" });
    },

    async add(values, tag, dryRun = false) {
      const add = values.map((value) => ({ value, tag }));
      const query = dryRun ? { dry_run: true } : {};
      const answer = await call((v2) =>
        v2.post(RULES, { add }, { ...AS_TEXT, query }).catch(unacceptable),
      );
      return answer instanceof ApiFailure ? answer : readAdded(answer, values);
    },

    async remove(ids) {
      const answer = await call((v2) => v2.post(RULES, { delete: { ids: [...ids] } }, AS_TEXT));
      return answer instanceof ApiFailure ? answer : undefined;
    },

    close() {
      closed = true;
      breakOff(CLOSED);
    },
  };
}

const TOO_LONG = `X's answer is longer than ${MOST_ANSWER_BYTES / MIB} MiB`;
const CLOSED: Failure = { kind: 'network', reason: 'Senti is stopping' };

function unreadable(): ApiFailure {
  return new ApiFailure({ kind: 'http', reason: 'X answered with something unreadable' });
}

/** An answer that names the rules it is about is an answer, whatever its status. */
function unacceptable(error: unknown): unknown {
  if (error instanceof ApiResponseError && UNACCEPTABLE.has(error.code)) return error.data;
  throw error;
}

function readAdded(answer: Readonly<Record<string, unknown>>, values: readonly string[]): Added {
  const { data, errors, title, detail } = answer;
  const problems = Array.isArray(errors) ? errors.map(asRecord) : [];
  const invalid = new Map<string, string>();
  let duplicates = false;
  let full = isCap(title);
  for (const problem of problems) {
    if (problem.title === 'DuplicateRule') duplicates = true;
    else if (isCap(problem.title)) full = true;
    else if (typeof problem.value === 'string') invalid.set(problem.value, describe(problem));
  }
  const created = readRules(data);
  // A refusal that names no rule can only be pinned down when there was just one.
  const [only] = values;
  if (created.length + invalid.size === 0 && !duplicates && !full) {
    const isRefusal = problems.length > 0 || typeof title === 'string';
    if (isRefusal && values.length === 1 && only !== undefined) {
      invalid.set(only, describe({ title, detail }));
    }
  }
  return { created, duplicates, full, invalid };
}

function isCap(title: unknown): boolean {
  return typeof title === 'string' && /cap|limit/i.test(title);
}

function describe({ title, detail, details }: Readonly<Record<string, unknown>>): string {
  const said = Array.isArray(details) ? details.find((it) => typeof it === 'string') : detail;
  return String(said ?? title ?? 'no reason given').slice(0, 200);
}

function readRules(data: unknown): ApiRule[] {
  if (!Array.isArray(data)) return [];
  return data.map(asRecord).flatMap(({ id, value, tag }) => {
    if (typeof id !== 'string' || typeof value !== 'string') return [];
    if (id.length > MOST_ID_CHARACTERS) return [];
    return [{ id, value, tag: typeof tag === 'string' ? tag : undefined }];
  });
}

/** Never the error itself: it holds the request, and that the token. */
function explain(error: unknown): Failure | undefined {
  if (error instanceof ApiResponseError) {
    return readFailure(error.code, parseJson(String(error.data)), { ...error.headers });
  }
  if (error instanceof ApiRequestError) {
    // It has a field for the cause, which this version of the client leaves empty.
    return { kind: 'network', reason: 'X cannot be reached, or broke off' };
  }
  if (error instanceof ApiPartialResponseError) {
    return { kind: 'network', reason: 'X broke off its answer' };
  }
  return undefined;
}
