// What X allows and charges, from its documentation of the filtered stream (pay-per-use, 2026).

/** The limit of the pay-per-use plan. Enterprise accounts have more. */
export const DEFAULT_MAX_RULES = 1000;
/** In characters. */
export const DEFAULT_RULE_LENGTH = 1024;
/** About 50 US dollars. */
export const DEFAULT_DAILY_POSTS = 10_000;
/** X's own cap on pay-per-use. */
export const DEFAULT_MONTHLY_POSTS = 2_000_000;
export const DOLLARS_A_POST = 0.005;
/** The price of a question for counts. A page that is not X's own states it. */
export const DOLLARS_AN_ESTIMATE = 0.005;
export const DEFAULT_DAILY_ESTIMATES = 20;
/** The longest question for counts, in characters. */
export const MAX_QUERY_LENGTH = 512;

/** X counts requests in windows of this length, in milliseconds. */
export const WINDOW_MS = 15 * 60_000;
export const CONNECTS_A_WINDOW = 50;
export const RULE_READS_A_WINDOW = 450;
export const RULE_WRITES_A_WINDOW = 100;

/** X sends something at least this often, in milliseconds. */
export const KEEP_ALIVE_MS = 20_000;
/** A new rule is mostly in force within this time, in milliseconds. */
export const ENACTMENT_MS = 20_000;

export const API_URL = 'https://api.x.com/2/';
