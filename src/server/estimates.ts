// Estimates what a track would cost, if the server reads a source that charges.

import type { Clock } from '../base/clock.ts';
import { createRedactor } from '../base/redact.ts';
import type { Config } from '../config/options.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Estimator } from '../source/source.ts';
import type { Allowance } from '../source/x/allowance.ts';
import { XEstimates } from '../source/x/x-estimates.ts';
import type { Multiplexer } from '../stream/multiplexer.ts';

const AND = new Intl.ListFormat('en-GB');

interface Estimates {
  readonly estimate: Estimator;
  close(): void;
}

/** Every node asks by itself, whether it ingests or not: all have the token, and count together. */
export function createEstimates(
  config: Config,
  allowance: Allowance | undefined,
  multiplexer: Multiplexer,
  clock: Clock,
): Estimates {
  if (allowance === undefined) {
    const reason = `posts from ${AND.format(config.sources)} cost nothing`;
    return { estimate: async () => ({ reason }), close() {} };
  }
  const redact = createRedactor(secretsOf(config));
  const x = new XEstimates(
    {
      url: config.xUrl,
      token: config.xBearerToken,
      ruleLength: config.xRuleLength,
      languages: config.languages,
      allowance,
      open: () => multiplexer.openTracks,
      usedPerDay: () => multiplexer.source.usage?.postsPerDay,
    },
    clock,
  );
  return {
    async estimate(track) {
      const estimate = await x.of(track);
      return { ...estimate, reason: estimate.reason && redact(estimate.reason) };
    },
    close: () => x.close(),
  };
}
