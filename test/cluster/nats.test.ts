import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  connectNats,
  MAX_UNCONFIRMED_BYTES,
  type NatsConfig,
  type NatsOptions,
} from '../../src/cluster/nats.ts';
import type { Relay, RelaySink } from '../../src/stream/relay.ts';
import { relayContract } from '../contract/relay.ts';
import { createCertificate, writeCertificate } from '../support/certificate.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createNatsOperator, type NatsOperator } from '../support/nats-operator.ts';
import { natsOptions } from '../support/nats-options.ts';
import { findNatsServer, startNats } from '../support/nats-server.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { NO_FILES, tempFile, tempFolder } from '../support/temp-file.ts';
import { until } from '../support/until.ts';

test.each(Object.entries(NO_FILES))(
  'a relay whose file of credentials is %s says so, and tries again',
  async (_, make) => {
    const creds = join(tempFolder(), 'nats.creds');
    make(creds);
    const clock = new FakeClock();
    const relay = connectNats(natsOptions(1, { natsCreds: creds }, { clock }), {
      changed: () => {},
      lost: () => {},
    });
    onTestFinished(() => relay.close());
    await until(() => clock.pending === 1);
    expect(relay.offlineReason).toMatch(/nats\.creds" has to be a file(,| of at most)/);
  },
);

describe.skipIf(!findNatsServer())('over a real nats-server', () => {
  relayContract('NATS', async () => {
    const nats = await startNats();
    const proxies = new Map<Relay, TcpProxy>();
    return {
      async connect(sink: RelaySink) {
        const proxy = await startProxy(nats.port);
        // The suite waits for a lease to run out.
        const relay = connectNats(natsOptions(proxy.port, { natsLease: 2 }), sink);
        proxies.set(relay, proxy);
        await until(() => relay.offlineReason === undefined);
        return relay;
      },
      run: (done) => done,
      cut: async (relay) => proxies.get(relay)?.cut(),
      mend: async (relay) => proxies.get(relay)?.mend(),
      stop: () => nats.stop(),
    };
  });

  /** Opens a relay. `connected` resolves when it can send. */
  function open(
    port: number,
    config: Partial<NatsConfig> = {},
    options: Partial<NatsOptions> = {},
  ) {
    let lost = 0;
    const relay = connectNats(natsOptions(port, config, options), {
      changed: () => {},
      lost: (count) => {
        lost += count;
      },
    });
    onTestFinished(() => relay.close());
    return {
      relay,
      get lost() {
        return lost;
      },
      connected: () => until(() => relay.offlineReason === undefined),
    };
  }

  async function start(...argv: readonly string[]) {
    const nats = await startNats(...argv);
    onTestFinished(() => nats.stop());
    return nats;
  }

  test('a relay that starts before its server says what it waits for', async () => {
    const nats = await start();
    await nats.kill();
    const { relay, connected } = open(nats.port);
    await until(() => /cannot be reached: .*refused/.test(relay.offlineReason ?? ''));
    await nats.restart();
    await connected();
  });

  test('a relay authenticates with a password, and says so if it is wrong', async () => {
    const nats = await start('--user', 'me', '--pass', 'secret');
    await open(nats.port, { natsUser: 'me', natsPassword: 'secret' }).connected();
    const { relay } = open(nats.port, { natsUser: 'me', natsPassword: 'wrong' });
    await until(() => /Authorization Violation/i.test(relay.offlineReason ?? ''));
    expect(relay.offlineReason).not.toContain('wrong');
    expect(relay.offlineReason).toMatch(/; check NATS_TOKEN, NATS_USER and NATS_PASSWORD, or /);
  });

  test('a relay says what to change in a server that takes short messages only', async () => {
    const warnings: string[] = [];
    const nats = await start('-c', tempFile('nats.conf', 'max_payload: 1000'));
    const warn = (message: string) => void warnings.push(message);
    await open(nats.port, {}, { warn }).connected();
    expect(warnings).toEqual([
      expect.stringMatching(/no message of more than 1000 bytes, .* max_payload to 1MB$/),
    ]);
  });

  test('a relay says what to change in a server whose user may do too little', async () => {
    const user = '{user: me, password: secret, permissions: {publish: nothing}}';
    const nats = await start('-c', tempFile('nats.conf', `authorization {users: [${user}]}`));
    const { relay, connected } = open(nats.port, { natsUser: 'me', natsPassword: 'secret' });
    await connected();
    await expect(relay.lease.claim('one')).rejects.toThrow(
      /Permissions Violation for .*; let the user of this node do that$/,
    );
  });

  test('a relay that is rejected when it reconnects says so, and connects again later', async () => {
    const config = tempFile('nats.conf', '');
    const nats = await start('-c', config);
    const { relay, connected } = open(nats.port);
    await connected();
    writeFileSync(config, 'authorization { token: secret }');
    await nats.restart();
    await until(() =>
      /^NATS at \S+ is away: .*Authorization Violation/i.test(relay.offlineReason ?? ''),
    );
    writeFileSync(config, '');
    await nats.restart();
    await connected();
  });

  test('the journal goes on in a new stream when its own is deleted, and says once what is wrong', async () => {
    const nats = await start();
    const admin = await connect({ port: nats.port });
    onTestFinished(() => admin.close());
    const { streams } = await jetstreamManager(admin);
    // Of another program.
    await streams.add({ name: 'foreign', subjects: ['test.history'] });
    const warnings: string[] = [];
    const { relay, connected } = open(nats.port, {}, { warn: (line) => warnings.push(line) });
    await connected();
    const add = (text: string) => relay.journal.add(Buffer.from(text), text);
    for (const text of ['a', 'b']) await expect(add(text)).rejects.toThrow(/overlap/);
    expect(warnings).toEqual([expect.stringMatching(/cannot share their history.*overlap/)]);

    await streams.delete('foreign');
    await add('c');
    const read: string[] = [];
    relay.journal.read(async (message) => void read.push(Buffer.from(message).toString()));
    await until(() => read.length === 1);
    await streams.delete('test-history');
    await expect.poll(() => add('d').catch(() => 'not yet')).toBeUndefined();
    await until(() => read.length === 2);
    expect(read).toEqual(['c', 'd']);
  });

  test('the ledger goes on in a new bucket when its own is deleted, and reads no text of another program', async () => {
    const nats = await start();
    const admin = await connect({ port: nats.port });
    onTestFinished(() => admin.close());
    const { relay, connected } = open(nats.port);
    await connected();
    const seen: (string | undefined)[] = [];
    const write = (text: string) =>
      relay.ledger.update((before) => {
        seen.push(before);
        return text;
      });
    expect(await write('a')).toBeUndefined();
    const bucket = await new Kvm(jetstream(admin)).open('test-ledger');
    await bucket.put('x', 'long'.repeat(10_000));
    expect(await write('b')).toBeUndefined();
    await bucket.delete('x');
    expect(await write('c')).toBeUndefined();
    await bucket.destroy();
    expect(await write('d')).toMatch(/./);
    expect(await write('e')).toBeUndefined();
    expect(await write('f')).toBeUndefined();
    expect(seen).toEqual([undefined, undefined, undefined, undefined, 'e']);
  });

  test('a relay authenticates with a token', async () => {
    const nats = await start('--auth', 'secret');
    await open(nats.port, { natsToken: 'secret' }).connected();
  });

  describe('with a server that requires credentials', () => {
    async function startAsking() {
      const operator = createNatsOperator();
      return { operator, nats: await start('-c', operator.config) };
    }

    test('a relay authenticates, sends, and gets the lease', async () => {
      const { operator, nats } = await startAsking();
      const creds = tempFile('user.creds', operator.user());
      const [one, two] = [
        open(nats.port, { natsCreds: creds }),
        open(nats.port, { natsCreds: creds }),
      ];
      await one.connected();
      await two.connected();
      const heard: string[] = [];
      two.relay.listen('a', (message) => heard.push(String(Buffer.from(message))));
      await until(() => one.relay.send('a', Buffer.from('hello')) && heard.length > 0);
      expect(heard[0]).toBe('hello');
      const revision = await one.relay.lease.claim('one');
      expect(revision).toBeGreaterThan(0);
      expect(await two.relay.lease.claim('two')).toBeUndefined();
    });

    test.each([
      ['no credentials', undefined],
      ['those of another operator', (operator: NatsOperator) => operator.stranger()],
    ])('a relay with %s is rejected, and says so', async (_, write) => {
      const { operator, nats } = await startAsking();
      const creds = write === undefined ? '' : tempFile('user.creds', write(operator));
      const { relay } = open(nats.port, { natsCreds: creds });
      await until(() =>
        /cannot be reached: .*Authorization Violation/i.test(relay.offlineReason ?? ''),
      );
    });

    test.each([
      ['is empty', () => ''],
      ['is of another kind', () => 'NATS_CREDS=secret\n'],
      ['has no key', (text: string) => text.slice(0, text.indexOf('-----BEGIN USER'))],
      ['has a broken key', (text: string) => text.replace(/\nSU/, '\nXX')],
      ['is cut short', (text: string) => text.slice(0, -40)],
    ])('a relay whose file of credentials %s says so, and takes a better one', async (_, spoil) => {
      const { operator, nats } = await startAsking();
      const right = operator.user();
      const creds = tempFile('user.creds', spoil(right));
      const { relay, connected } = open(nats.port, { natsCreds: creds });
      await until(() => /user\.creds/.test(relay.offlineReason ?? ''));
      expect(relay.offlineReason).toMatch(
        /^NATS at .* cannot be reached: ".*user\.creds" has to be /,
      );
      expect(relay.offlineReason).not.toContain('SU');
      writeFileSync(creds, right);
      await connected();
    });

    test('a relay that reconnects uses the current file, and skips a bad one', async () => {
      const { operator, nats } = await startAsking();
      const creds = tempFile('user.creds', operator.user());
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      const { relay, connected } = open(nats.port, { natsCreds: creds }, { warn });
      const restart = async (text: string) => {
        await nats.kill();
        await until(() => relay.offlineReason !== undefined);
        writeFileSync(creds, text);
        await nats.restart();
      };
      await connected();
      await restart('nonsense');
      await connected();
      expect(warnings.at(-1)).toMatch(/user\.creds" has to be a credentials file: .* before$/);
      await restart(operator.stranger());
      await until(() => warnings.some((line) => /Authorization Violation/i.test(line)));
      writeFileSync(creds, operator.user());
      await connected();
    });
  });

  test('a relay connects over TLS only to a server that it can verify', async () => {
    const { tlsCert, tlsKey } = writeCertificate(createCertificate('nats'));
    const nats = await start('--tls', '--tlscert', tlsCert, '--tlskey', tlsKey);
    const natsUrls = [`tls://localhost:${nats.port}`];
    await open(nats.port, { natsUrls, natsTlsCa: tlsCert }).connected();
    const { relay } = open(nats.port, { natsUrls });
    await until(() => /certificate/.test(relay.offlineReason ?? ''));
  });

  test.each([0, 200, 7 * 24 * 3600 * 1000])(
    'a lease that lasts %d ms is not claimed, and the error says why',
    async (ttl) => {
      const nats = await start();
      const other = await connect({ servers: nats.url });
      await new Kvm(jetstream(other)).create('test-lease', { ttl, history: 1 });
      await other.close();
      const { relay, connected } = open(nats.port);
      await connected();
      const reason = `the bucket test-lease keeps the lease for ${ttl} ms; delete it`;
      await expect(relay.lease.claim('one')).rejects.toThrow(reason);
    },
  );

  test('a relay to a stalled server holds a bounded amount, and counts the rest as lost', async () => {
    const nats = await start();
    const it = open(nats.port);
    await it.connected();
    nats.signal('SIGSTOP');
    const claimed = it.relay.lease.claim('one');
    const message = new Uint8Array(64 * 1024);
    const tries = (4 * MAX_UNCONFIRMED_BYTES) / message.length;
    let taken = 0;
    for (let i = 0; i < tries; i++) if (it.relay.send('a', message, 0.25)) taken += 1;
    expect(taken).toBe((0.25 * MAX_UNCONFIRMED_BYTES) / message.length);
    for (let i = 0; i < tries; i++) if (it.relay.send('a', message)) taken += 1;
    expect(taken).toBe(MAX_UNCONFIRMED_BYTES / message.length);
    await expect(claimed).rejects.toThrow('NATS did not answer in time');
    await nats.restart();
    await until(() => it.lost > 0);
    expect(it.lost).toBe(taken);
    await it.connected();
    expect(it.relay.send('a', message)).toBe(true);
  });
});
