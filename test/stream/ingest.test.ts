import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { feedContract } from '../contract/feed.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { until } from '../support/until.ts';

feedContract('ingest', async (sink) => {
  let source: HandSource | undefined;
  const feed = new Ingest<string>(
    {
      connect: (sourceSink) => {
        source = createHandSource(sourceSink);
        return source;
      },
      analyze: createAnalyzer('full', vader),
      languages: 'any',
      postText: true,
      telemetry: recordTelemetry(),
    },
    sink,
  );
  return { feed, source: () => source, until };
});
