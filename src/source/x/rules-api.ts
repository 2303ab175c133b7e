// X's endpoint for rules, by way of twitter-api-v2. Answers are checked and bounded; errors are values.

import { ApiResponseError } from 'twitter-api-v2';
import type { Clock } from '../../base/clock.ts';
import type { Fields } from '../../base/json.ts';
import { ApiFailure, createApiClient, fail, UNREADABLE } from './api-client.ts';
import { asRecord, MAX_QUOTED } from './failure.ts';

export interface ApiRule {
  readonly id: string;
  readonly value: string;
  readonly tag?: string | undefined;
}

/** What became of an addition. */
export interface Added {
  readonly created: readonly ApiRule[];
  /** Some of the rules existed before. */
  readonly duplicates: boolean;
  /** X holds as many rules as it allows. */
  readonly full: boolean;
  /** Values that X does not take, with what it says. */
  readonly invalid: ReadonlyMap<string, string>;
}

/** Takes one call at a time. */
export interface RulesApi {
  /** All rules of the account. `mayAsk` is called before each page, and `false` ends the list with a failure. */
  list(mayAsk?: () => boolean): Promise<readonly ApiRule[] | ApiFailure>;
  /** A dry run checks the rules without adding them. */
  add(values: readonly string[], tag: string, dryRun?: boolean): Promise<Added | ApiFailure>;
  remove(ids: readonly string[]): Promise<ApiFailure | undefined>;
  /** Breaks off the current call. Later calls fail. */
  close(): void;
}

const RULES = 'tweets/search/stream/rules';
/** More than any account has; they end a list that does not end by itself. */
const MAX_PAGES = 100;
/** In all pages: as many as `--x-max-rules` takes. */
const MAX_RULES = 100_000;
/** In all pages: the 25,000 rules of an Enterprise account take 50 MiB. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** X's ids have 19 digits. They are sent back, as are the tokens of pages. */
const MAX_ID_CHARACTERS = 100;
const MAX_TOKEN_CHARACTERS = 1000;
/** The statuses of an answer that names the rules that X does not take. */
const SOME_INVALID = new Set([400, 422]);

export function createRulesApi(url: string, token: string, clock: Clock): RulesApi {
  const { client, options, call, received, close } = createApiClient(url, token, clock);

  return {
    async list(mayAsk = () => true) {
      const found: ApiRule[] = [];
      let listBytes = 0;
      let pagination_token: string | undefined;
      for (let page = 0; page < MAX_PAGES; page++) {
        if (!mayAsk()) return TOO_MANY_READS;
        const answer = await call(() => client.get(RULES, { pagination_token }, options));
        if (answer instanceof ApiFailure) return answer;
        const { data, meta } = answer;
        const rules = readRules(data);
        // An account without rules has no list at all.
        const isList = Array.isArray(data) && rules.length === data.length;
        if (data !== undefined && !isList) return UNREADABLE;
        for (const rule of rules) found.push(rule);
        listBytes += received();
        const { next_token: next } = asRecord(meta);
        if (typeof next !== 'string' || next === '') return found;
        if (found.length > MAX_RULES || listBytes > MAX_LIST_BYTES) break;
        if (next.length > MAX_TOKEN_CHARACTERS) return UNREADABLE;
        // The client throws on half of a surrogate pair.
        pagination_token = next.toWellFormed();
      }
      return ENDLESS;
    },

    async add(values, tag, dryRun = false) {
      const add = values.map((value) => ({ value, tag }));
      const query = dryRun ? { dry_run: true } : {};
      const answer = await call(() =>
        client.post(RULES, { add }, { ...options, query }).catch((error: unknown) => {
          if (error instanceof ApiResponseError && SOME_INVALID.has(error.code)) return error.data;
          throw error;
        }),
      );
      return answer instanceof ApiFailure ? answer : readAdded(answer, values);
    },

    async remove(ids) {
      const answer = await call(() => client.post(RULES, { delete: { ids } }, options));
      return answer instanceof ApiFailure ? answer : undefined;
    },

    close,
  };
}

const ENDLESS = fail('http', "X's list of rules does not end");
const TOO_MANY_READS = fail('limited', 'X allows only so many reads of its rules in 15 minutes');

function readAdded(answer: Fields, values: readonly string[]): Added {
  const { data, errors, title, detail } = answer;
  const listed = Array.isArray(errors) ? errors.map(asRecord) : [];
  const created = readRules(data);
  const others = listed.filter((error) => error.title !== 'DuplicateRule');
  const duplicates = others.length < listed.length;
  const full = isCap(answer) || listed.some(isCap);
  const invalid = new Map<string, string>();
  for (const error of others) {
    if (typeof error.value === 'string' && !isCap(error)) invalid.set(error.value, describe(error));
  }
  // An error that names no rule is about the only one.
  const [only] = values;
  const isExplained = created.length + invalid.size > 0 || duplicates || full;
  const isError = listed.length > 0 || typeof title === 'string';
  if (isError && !isExplained && values.length === 1 && only !== undefined) {
    invalid.set(only, describe({ title, detail }));
  }
  return { created, duplicates, full, invalid };
}

function isCap({ title }: Fields): boolean {
  return typeof title === 'string' && /cap|limit/i.test(title);
}

function describe({ title, detail, details }: Fields): string {
  const said = Array.isArray(details) ? details.find((it) => typeof it === 'string') : detail;
  return String(said ?? title ?? 'no reason given').slice(0, MAX_QUOTED);
}

function readRules(data: unknown): ApiRule[] {
  if (!Array.isArray(data)) return [];
  return data.map(asRecord).flatMap(({ id, value, tag }) => {
    if (typeof id !== 'string' || typeof value !== 'string') return [];
    if (id.length > MAX_ID_CHARACTERS) return [];
    return [{ id, value, tag: typeof tag === 'string' ? tag : undefined }];
  });
}
