// The configuration of a nats-server that requires credentials: an operator signs an account, which signs users.

import { nkeys } from '@nats-io/transport-node';
import { tempFile } from './temp-file.ts';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** -1 means no limit. */
const USUAL = {
  ...{ subs: -1, data: -1, payload: -1, conn: -1, leaf: -1 },
  ...{ imports: -1, exports: -1, wildcards: true },
};
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

export interface NatsOperator {
  /** The path of the server's configuration. */
  readonly config: string;
  /** The text of a .creds file of a new user. */
  user(): string;
  /** The same, of an account that the operator has not signed. */
  stranger(): string;
}

export function createNatsOperator(): NatsOperator {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  // JetStream requires a system account.
  const system = nkeys.createAccount();
  const vouch = (account: KeyPair, limits: object) =>
    `${account.getPublicKey()}: ${sign(account, operator, { type: 'account', limits })}`;
  const config = [
    `operator: ${sign(operator, operator, { type: 'operator' })}`,
    `system_account: ${system.getPublicKey()}`,
    'resolver: MEMORY',
    `resolver_preload: { ${vouch(account, { ...USUAL, ...JETSTREAM })}, ${vouch(system, USUAL)} }`,
  ];
  return {
    config: tempFile('nats.conf', config.join('\n')),
    user: () => creds(account),
    stranger: () => creds(nkeys.createAccount()),
  };
}

function creds(account: KeyPair): string {
  const user = nkeys.createUser();
  const limits = { subs: -1, data: -1, payload: -1 };
  const jwt = sign(user, account, { type: 'user', ...limits });
  const seed = new TextDecoder().decode(user.getSeed());
  return [
    ...['-----BEGIN NATS USER JWT-----', jwt, '------END NATS USER JWT------', ''],
    ...['-----BEGIN USER NKEY SEED-----', seed, '------END USER NKEY SEED------', ''],
  ].join('\n');
}

/** A JWT in which `issuer` certifies `subject`. */
function sign(subject: KeyPair, issuer: KeyPair, nats: object): string {
  const claims = {
    jti: crypto.randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name: 'test',
    sub: subject.getPublicKey(),
    nats: { ...nats, version: 2 },
  };
  const parts = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims].map(encode);
  const signed = parts.join('.');
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
