// Shared selections give the same bytes as graphql-js for every valid operation.

import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type ExecutionArgs, type ExecutionResult, parse, subscribe, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createBroadcast, type Opened } from '../../../src/api/graphql/broadcast.ts';
import { createDocuments } from '../../../src/api/graphql/documents.ts';
import { schema } from '../../../src/api/graphql/schema.ts';
import { createAnalyzer } from '../../../src/sentiment/analysis.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import { Multiplexer } from '../../../src/stream/multiplexer.ts';
import type { Track } from '../../../src/track/track.ts';
import { createHandSource, type HandSource } from '../../support/hand-source.ts';
import { keeping, NO_LOOK_BACK } from '../../support/keeping.ts';
import { configOf } from '../../support/senti.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { streamTopics } from '../../support/topic-stream.ts';

function start() {
  let source: HandSource | undefined;
  const analyze = createAnalyzer('full', vader);
  const telemetry = recordTelemetry();
  const multiplexer = new Multiplexer(
    (feedSink) =>
      new Ingest(
        {
          connect: (sink) => {
            source = createHandSource(sink);
            return source;
          },
          analyze,
          languages: 'any',
          postText: true,
          ...keeping(),
          telemetry,
        },
        feedSink,
      ),
    { telemetry },
  );
  if (!source) throw new Error('no source was connected');
  const contextValue = {
    multiplexer,
    analyze,
    explain: () => [],
    estimate: async () => ({}),
    lookBack: NO_LOOK_BACK,
    follow: streamTopics(multiplexer),
  };
  const broadcast = createBroadcast(contextValue, (error) => error);
  return { source, broadcast, multiplexer, contextValue };
}

const condition = fc.constantFrom(
  '',
  '',
  '',
  ' @skip(if: $skip)',
  ' @include(if: $include)',
  ' @skip(if: false)',
);
const alias = fc.constantFrom('', '', '', 'a: ', 'b: ');
const leaf = (names: readonly string[]) =>
  fc
    .tuple(alias, fc.constantFrom(...names, '__typename'), condition)
    .map((parts) => parts.join(''));
const fields = (field: fc.Arbitrary<string>) =>
  fc.array(field, { minLength: 1, maxLength: 5 }).map((all) => `{ ${all.join(' ')} }`);

const hashtag = fields(leaf(['tag', 'count']));
const post = fields(leaf(['id', 'source', 'url', 'createdAt', 'lang']));
const eventField = fc.oneof(
  { weight: 4, arbitrary: leaf(['polarityIndex', 'polarity', 'score']) },
  fc.tuple(alias, fc.constant('hashtags'), condition, hashtag).map((parts) => parts.join('')),
  fc.tuple(alias, fc.constant('post'), condition, post).map((parts) => parts.join('')),
  fc
    .tuple(condition, post)
    .map(([directive, inner]) => `... on SentimentEvent${directive} { post ${inner} }`),
  condition.map((directive) => `...Parts${directive}`),
  fields(leaf(['score', 'polarity'])).map((inner) => `... ${inner}`),
);

const operation = fc
  .record({
    root: fc.constantFrom('sentiment', 'mood: sentiment'),
    selection: fields(eventField),
    parts: fields(leaf(['score', 'polarityIndex'])),
    viaFragment: fc.boolean(),
    fallback: fc.constantFrom('', ' = true', ' = false'),
  })
  .map(({ root, selection, parts, viaFragment, fallback }) => {
    const field = `${root}(track: $track) ${selection}`;
    const variables = `($track: String!, $skip: Boolean!, $include: Boolean${fallback || '!'})`;
    return [
      `subscription One${variables} { ${viaFragment ? '...Root' : field} }`,
      `subscription Two($track: String!) { sentiment(track: $track) { score } }`,
      `fragment Parts on SentimentEvent ${parts}`,
      viaFragment ? `fragment Root on Subscription { ${field} }` : '',
    ].join('\n');
  });

const variables = fc.record(
  {
    track: fc.constantFrom('coffee', 'COFFEE', 'tea, coffee', 'the'),
    skip: fc.boolean(),
    include: fc.constantFrom(true, false, null),
  },
  { requiredKeys: ['track', 'skip'] },
);

describe('the shared path', () => {
  test('sends the same bytes as the stock one, whatever the operation', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        operation,
        variables,
        fc.constantFrom('One', 'Two'),
        async (query, given, name) => {
          const document = parse(query);
          const errors = validate(schema, document);
          // Fields of one name that select different things, and fragments that nobody uses.
          fc.pre(errors.every(({ message }) => /is never used/.test(message)));
          const { source, broadcast, multiplexer, contextValue } = start();
          const args: ExecutionArgs = {
            schema,
            document,
            operationName: name,
            variableValues: given,
            contextValue,
          };
          const stock = await firstOf(await subscribe(args), source);
          const shared = firstShared(await broadcast.open(args), source, multiplexer);
          expect(shared).toBe(stock);
          compared += 1;
        },
      ),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  test('computes a result once for each event, whatever the track and the transport', async () => {
    const { source, broadcast, contextValue } = start();
    const documents = createDocuments(schema, configOf(), recordTelemetry());
    const query =
      'subscription ($track: String!, $all: Boolean = true, $sources: [String!]) { sentiment(track: $track, sources: $sources) { score polarity @include(if: $all) } }';
    const open = async (variableValues: Record<string, unknown>) => {
      const document = documents.parse(query);
      expect(documents.validate(document)).toEqual([]);
      const opened = await broadcast.open({ schema, document, variableValues, contextValue });
      if (!('selection' in opened)) throw new Error(JSON.stringify(opened));
      return opened;
    };
    const coffee = await open({ track: 'coffee' });
    const tea = await open({ track: 'tea', sources: ['hand'] });
    const less = await open({ track: 'tea', all: false });
    const again = await open({ track: 'coffee' });
    expect(again.followed).toBe(coffee.followed);
    expect(tea.followed).toMatchObject({ track: { canonical: expect.stringContaining('tea') } });
    again.release();
    expect(tea.selection).toBe(coffee.selection);
    expect(less.selection).not.toBe(coffee.selection);
    source.say('nothing');

    coffee.release();
    coffee.release();
    expect((await open({ track: 'x' })).selection).toBe(tea.selection);
  });

  test('tells apart variables that JSON writes alike', async () => {
    const { broadcast, contextValue } = start();
    const document = parse(
      'subscription ($last: Int) { sentiment(track: "coffee", last: $last) { score } }',
    );
    const open = (last: number | null) =>
      broadcast.open({ schema, document, variableValues: { last }, contextValue });
    expect(await open(null)).toHaveProperty('selection');
    // So JSON reads 1e400.
    expect(await open(Number.POSITIVE_INFINITY)).toHaveProperty('errors');
  });

  test('keeps nothing of the request that opened a selection for those who share it', async () => {
    const { broadcast, contextValue } = start();
    const document = parse('subscription { sentiment(track: "coffee") { score } }');
    const open = async (request: object) => {
      const opened = await broadcast.open({
        schema,
        document,
        contextValue: { ...contextValue, request },
      });
      if (!('selection' in opened)) throw new Error(JSON.stringify(opened));
      return opened;
    };
    let gone = false;
    const registry = new FinalizationRegistry(() => {
      gone = true;
    });
    const comeShareAndLeave = async () => {
      const request = {};
      registry.register(request, undefined);
      const first = await open(request);
      const second = await open({});
      first.release();
      return second;
    };
    const second = await comeShareAndLeave();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    while (!gone) {
      collect();
      await setImmediate();
    }
    second.release();
  });
});

function sayFirst(source: HandSource): void {
  source.say('Coffee is great, tea is awful #bean #Bean #leaf', {
    id: '7',
    createdAt: new Date('2026-11-20T10:11:12Z'),
  });
}

/** The first result of a stock subscription, in JSON. */
async function firstOf(
  results: AsyncGenerator<ExecutionResult> | ExecutionResult,
  source: HandSource,
): Promise<string> {
  if (!(Symbol.asyncIterator in results)) return JSON.stringify(results);
  const first = results.next();
  sayFirst(source);
  const { value } = await first;
  await results.return(undefined);
  const { errors, ...rest } = value as ExecutionResult;
  return JSON.stringify(errors ? { ...rest, errors } : rest);
}

/** The first result of a subscription with a shared selection, in JSON. */
function firstShared(
  opened: Opened | ExecutionResult,
  source: HandSource,
  multiplexer: Multiplexer,
): string {
  if (!('selection' in opened)) return JSON.stringify(opened);
  let first = '';
  const stop = multiplexer.listen((opened.followed as { track: Track }).track, {
    event: (event) => {
      first = String(opened.selection.resultOf(event).json);
    },
    end: () => {},
  });
  sayFirst(source);
  stop();
  opened.release();
  return first;
}
