// Clients without a library: hand-parsed Server-Sent Events and a plain WebSocket.

import { expect, onTestFinished, test } from 'vitest';
import { SentimentDocument } from '../../schema/operations.ts';
import { startSenti } from '../support/senti.ts';
import { until } from '../support/until.ts';

test('a client can parse Server-Sent Events as EventSource does', async () => {
  const { url, source } = await startSenti();
  const query = new URLSearchParams({
    query: String(SentimentDocument),
    variables: JSON.stringify({ track: 'coffee' }),
  });
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(`${url}/graphql?${query}`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  await until(() => source.wanted.length > 0, 'coffee is tracked');
  source.say('great coffee');
  source.say('awful coffee');

  const scores: number[] = [];
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const fields = new Map(
        message.split('\n').map((line) => {
          const [name = '', ...value] = line.split(': ');
          return [name, value.join(': ')] as const;
        }),
      );
      if (fields.get('event') !== 'next') continue;
      scores.push(JSON.parse(fields.get('data') ?? '').data.sentiment.polarityIndex);
    }
    if (scores.length === 2) break;
  }
  expect(scores).toEqual([0, 1]);
});

/** Uses /track as the first server's page did: queues messages until the socket opens, then counts for two charts. */
function openFirstPage(url: string) {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.close());
  const queue: string[] = [];
  const pie = [0, 0, 0];
  const bar = new Map<string, number>();
  socket.addEventListener('open', () => {
    for (const message of queue.splice(0)) socket.send(message);
  });
  socket.addEventListener('message', ({ data }) => {
    const { polarityIndex, hashtags } = JSON.parse(data);
    pie[polarityIndex] = (pie[polarityIndex] ?? 0) + 1;
    for (const [tag, count] of Object.entries<number>(hashtags)) {
      bar.set(tag, (bar.get(tag) ?? 0) + count);
    }
  });
  return {
    socket,
    pie,
    bar,
    track(track: string): void {
      const message = JSON.stringify({ track });
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
      else queue.push(message);
      pie.fill(0);
      bar.clear();
    },
  };
}

test("the first server's page still works: it queues messages, changes its track and fills both charts", async () => {
  const { socketUrl, source } = await startSenti();
  const page = openFirstPage(`${socketUrl}/track`);
  expect(page.socket.readyState).toBe(WebSocket.CONNECTING);
  page.track('coffee');
  await until(() => source.wanted.at(-1)?.[0] === 'coffee', 'coffee is tracked');
  source.say('great coffee #espresso #espresso');
  source.say('awful coffee #Espresso #fail');
  source.say('coffee');
  source.say('great tea');
  await until(() => page.pie.reduce((a, b) => a + b) === 3, 'three events are counted');
  expect(page.pie).toEqual([1, 1, 1]);
  expect([...page.bar]).toEqual([
    ['espresso', 3],
    ['fail', 1],
  ]);

  source.say('good coffee');
  page.track('tea');
  await until(() => source.wanted.at(-1)?.[0] === 'tea', 'tea is tracked');
  page.pie.fill(0);
  source.say('awful coffee #fail');
  source.say('great tea #earlgrey');
  await until(() => page.bar.size > 0, 'the event on tea is counted');
  expect(page.pie).toEqual([1, 0, 0]);
  expect([...page.bar]).toEqual([['earlgrey', 1]]);
});
