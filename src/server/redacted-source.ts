// Takes secrets out of the texts of a source, whatever its upstream repeats.

import type { Redact } from '../base/redact.ts';
import { UserError } from '../base/user-error.ts';
import type { Source, SourceSink, SourceState } from '../source/source.ts';

/** The source that `connect` makes, with `redact` applied to its states, bad posts and rejected tracks. */
export function redactedSource(
  connect: (sink: SourceSink) => Source,
  sink: SourceSink,
  redact: Redact,
): Source {
  const source = connect({
    ...sink,
    bad: (reason, part) => sink.bad(redact(reason), part),
    rejected: (track, { code, message }) =>
      sink.rejected(track, new UserError(code, redact(message))),
    state: (state, part) => sink.state(withoutSecrets(state, redact), part),
  });
  return redacted(source, redact);
}

function redacted(source: Source, redact: Redact): Source {
  return {
    name: source.name,
    isTextPublic: source.isTextPublic,
    get state() {
      return withoutSecrets(source.state, redact);
    },
    get usage() {
      return source.usage;
    },
    parts: source.parts?.map((part) => redacted(part, redact)),
    get rejections() {
      return source.rejections?.map(({ reason, ...each }) => ({
        ...each,
        // Only where it is read: there may be thousands.
        get reason() {
          return redact(reason);
        },
      }));
    },
    want: (tracks) => source.want(tracks),
    close: (options) => source.close(options),
  };
}

function withoutSecrets(state: SourceState, redact: Redact): SourceState {
  return 'reason' in state ? { ...state, reason: redact(state.reason) } : state;
}
