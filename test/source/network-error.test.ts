import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createBluesky } from '../../src/source/bluesky/bluesky.ts';
import { explainNetwork } from '../../src/source/network-error.ts';
import { createRulesApi } from '../../src/source/x/rules-api.ts';
import { connectStream } from '../../src/source/x/stream-connection.ts';
import { createCertificate } from '../support/certificate.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { track } from '../support/tracks.ts';

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('an error of the network becomes words, and any other is quoted', async () => {
  const [error] = await once(connect(await closedPort(), '127.0.0.1'), 'close').catch((it) => [it]);
  expect(explainNetwork(error)).toBe('the connection was refused');
  expect(explainNetwork(new Error('Parse Error'))).toBe('"Parse Error"');
});

test('X says what is wrong with the certificate of a proxy in between', async () => {
  const server = createTlsServer(createCertificate('proxy')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const rules = createRulesApi(`https://127.0.0.1:${port}/2/`, 'token', new FakeClock());
  onTestFinished(() => rules.close());
  const reason = expect.stringMatching(/^X cannot be reached \("self-signed certificate/);
  expect(await rules.list()).toMatchObject({ failure: { kind: 'network', reason } });
});

test('sources say in words why they cannot be reached', async () => {
  const port = await closedPort();
  const reason = await new Promise<string>((resolve) => {
    const close = connectStream(new URL(`http://127.0.0.1:${port}/`), 'token', new FakeClock(), {
      onOpen() {},
      onLine() {},
      onEnd: (failure) => resolve(failure.reason),
    });
    onTestFinished(close);
  });
  const refused = 'X cannot be reached (the connection was refused)';
  expect(reason).toBe(refused);
  const rules = createRulesApi(`http://127.0.0.1:${port}/2/`, 'token', new FakeClock());
  onTestFinished(() => rules.close());
  expect(await rules.list()).toMatchObject({ failure: { kind: 'network', reason: refused } });

  const sink = createRecordingSink();
  const urls = [`ws://127.0.0.1:${port}`];
  const source = createBluesky({ urls, random: () => 0 }, sink, new FakeClock());
  onTestFinished(() => source.close());
  source.want(new Set([track('coffee')]));
  await sink.until(({ states }) => states.some(({ name }) => name === 'waiting'));
  const [waiting] = sink.states.flatMap((state) => (state.name === 'waiting' ? [state] : []));
  expect(waiting?.reason).toMatch(/cannot be reached: the connection was refused$/);
});
