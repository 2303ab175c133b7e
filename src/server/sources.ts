// The list of sources, and how to make each from the options.

import type { Clock } from '../base/clock.ts';
import type { Config, SourceName } from '../config/options.ts';
import { createBluesky } from '../source/bluesky/bluesky.ts';
import { createMastodon } from '../source/mastodon/mastodon.ts';
import { mergeSources } from '../source/merged.ts';
import { createReplay } from '../source/replay.ts';
import { createSample } from '../source/sample.ts';
import type { Source, SourceSink } from '../source/source.ts';
import { Allowance } from '../source/x/allowance.ts';
import { createX } from '../source/x/x.ts';

export type ConnectSource = typeof connectSource;

/** What may be read from X, if it is read at all. One for the process, because its file has one writer. */
export function createAllowance(
  config: Config,
  clock: Clock,
  warn: (message: string) => void,
): Allowance | undefined {
  if (!config.sources.includes('x')) return undefined;
  const limits = {
    dailyPosts: config.xDailyPosts,
    monthlyPosts: config.xMonthlyPosts,
    dailyEstimates: config.xDailyEstimates,
  };
  return new Allowance({ ...limits, stateDir: config.stateDir, warn }, clock);
}

/** Makes the source that `config` names, or merges several. `warn` takes sentences for the log. */
export function connectSource(
  config: Config,
  sink: SourceSink,
  clock: Clock,
  warn: (message: string) => void,
  allowance: Allowance | undefined,
): Source {
  const makes = config.sources.map(
    (name) => (part: SourceSink) => connectOne(name, config, part, clock, warn, allowance),
  );
  const [only] = makes;
  return only && makes.length === 1 ? only(sink) : mergeSources(makes, sink, { clock, warn });
}

function connectOne(
  name: SourceName,
  config: Config,
  sink: SourceSink,
  clock: Clock,
  warn: (message: string) => void,
  allowance: Allowance | undefined,
): Source {
  switch (name) {
    case 'sample':
      return createSample({ seed: clock.now(), rate: config.rate }, sink, clock);
    case 'bluesky':
      return createBluesky({ urls: config.blueskyUrl, random: Math.random }, sink, clock);
    case 'mastodon':
      return createMastodon(
        { urls: config.mastodonUrl, tokens: config.mastodonToken, random: Math.random, warn },
        sink,
        clock,
      );
    case 'replay':
      return createReplay(config, sink, clock);
    case 'x':
      return createX(
        {
          url: config.xUrl,
          token: config.xBearerToken,
          maxRules: config.xMaxRules,
          ruleLength: config.xRuleLength,
          languages: config.languages,
          // There is one wherever X is read.
          allowance: allowance as Allowance,
          warn,
        },
        sink,
        clock,
      );
  }
}
