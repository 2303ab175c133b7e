// Takes secrets out of the texts of a source and a relay, whatever their upstreams repeat.

import type { Redact } from '../base/redact.ts';
import { UserError } from '../base/user-error.ts';
import type { Source, SourceSink, SourceState } from '../source/source.ts';
import { type Relay, RelayError } from '../stream/relay.ts';

/** The source that `connect` makes, with `redact` applied to its states, bad posts and rejected tracks. */
export function redactedSource(
  connect: (sink: SourceSink) => Source,
  sink: SourceSink,
  redact: Redact,
): Source {
  const source = connect({
    ...sink,
    bad: (reason) => sink.bad(redact(reason)),
    rejected: (track, { code, message }) =>
      sink.rejected(track, new UserError(code, redact(message))),
    state: (state) => sink.state(withoutSecrets(state, redact)),
  });
  return {
    get name() {
      return source.name;
    },
    get state() {
      return withoutSecrets(source.state, redact);
    },
    get usage() {
      return source.usage;
    },
    want: (tracks) => source.want(tracks),
    close: (options) => source.close(options),
  };
}

function withoutSecrets(state: SourceState, redact: Redact): SourceState {
  return 'reason' in state ? { ...state, reason: redact(state.reason) } : state;
}

/** `relay`, with `redact` applied to its reasons and errors. */
export function redactedRelay(relay: Relay, redact: Redact): Relay {
  const { lease } = relay;
  const asking = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw error instanceof RelayError ? new RelayError(redact(error.message)) : error;
    }
  };
  return {
    get offlineReason() {
      return relay.offlineReason === undefined ? undefined : redact(relay.offlineReason);
    },
    lease: {
      ttl: lease.ttl,
      claim: (holder) => asking(lease.claim(holder)),
      renew: (holder, revision) => asking(lease.renew(holder, revision)),
      release: (revision) => asking(lease.release(revision)),
      read: () => asking(lease.read()),
    },
    send: (channel, message) => relay.send(channel, message),
    listen: (channel, receive) => relay.listen(channel, receive),
    close: () => relay.close(),
  };
}
