// The brokers that are compared: how to start each, subscribe to it and publish to it.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findNatsServer } from '../support/nats-server.ts';
import type { Step } from './brokers-clients.ts';
import { end, type Running, startRival } from './brokers-process.ts';
import type { Request as ServerRequest } from './fanout-server.ts';

/** Equal for all brokers: what Senti makes of a post. */
export const MESSAGE =
  '{"id":"123e4567-e89b-42d3-a456-426614174000","type":"next","payload":{"data":{"sentiment":' +
  '{"polarityIndex":2,"hashtags":[{"tag":"bean","count":1}]}}}}';
const QUERY =
  'subscription { sentiment(track: "coffee") { polarityIndex hashtags { tag count } } }';
const NCHAN = '/usr/lib/nginx/modules/ngx_nchan_module.so';
/** Where V8 makes objects it keeps room, which is no subscriber's. */
const SMALL_NURSERY = '--max-semi-space-size=4';

export interface Way {
  /** What to install; undefined if everything is there. */
  missing(): string | undefined;
  start(): Promise<Running>;
}

/** By the name in the table. */
export const WAYS: Readonly<Record<string, Way>> = {
  senti: { missing: () => undefined, start: () => startSenti() },
  'senti, --max-write-delay 0': {
    missing: () => undefined,
    start: () => startSenti('--max-write-delay', '0'),
  },
  nchan: {
    missing: () => absent('libnginx-mod-nchan', program('nginx'), NCHAN),
    start: startNchan,
  },
  mosquitto: {
    missing: () => absent('mosquitto', program('mosquitto')),
    start: startMosquitto,
  },
  'nats-server': {
    missing: () => absent('nats-server', findNatsServer() ?? ''),
    start: startNats,
  },
};

function program(name: string): string {
  const folders = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, name)).find(existsSync) ?? '';
}

function absent(name: string, ...files: readonly string[]): string | undefined {
  return files.every((file) => existsSync(file)) ? undefined : name;
}

async function startSenti(...options: readonly string[]): Promise<Running> {
  const server = fork(new URL('./fanout-server.ts', import.meta.url), ['senti', ...options], {
    execArgv: [SMALL_NURSERY],
  });
  const [{ url }] = (await once(server, 'message')) as [{ url: string }];
  let posts = 0;
  const post = () => `coffee #bean @${posts++}`;
  const payload = { query: QUERY };
  return {
    pid: server.pid as number,
    door: {
      port: Number(new URL(url).port),
      path: '/graphql',
      subprotocol: 'graphql-transport-ws',
      steps: [
        text('{"type":"connection_init"}', 1),
        text(JSON.stringify({ id: JSON.parse(MESSAGE).id, type: 'subscribe', payload }), 0),
      ],
    },
    publish(count) {
      const turns = [Array.from({ length: count }, post)];
      server.send({ ask: 'publish', turns } satisfies ServerRequest);
    },
    [Symbol.asyncDispose]: () => end(server),
  };
}

function startNchan(): Promise<Running> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const request =
    `POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${MESSAGE.length}\r\n\r\n` +
    MESSAGE;
  return startRival({
    program: program('nginx'),
    config: ({ folder, port }) => `
      load_module ${NCHAN};
      daemon off;
      worker_processes 1;
      worker_rlimit_nofile 20000;
      pid ${folder}/nginx.pid;
      error_log /dev/null;
      events { worker_connections 20000; }
      http {
        access_log off;
        ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
        server {
          listen 127.0.0.1:${port};
          keepalive_requests 1000000000;
          location = /publish {
            nchan_publisher;
            nchan_channel_id coffee;
            nchan_message_buffer_length 1000;
          }
          location = /subscribe {
            nchan_subscriber websocket;
            nchan_channel_id coffee;
            nchan_subscriber_first_message newest;
          }
        }
      }`,
    argv: (file, folder) => ['-p', folder, '-c', file],
    door: { path: '/subscribe', subprotocol: undefined, steps: [] },
    greeting: '',
    message: Buffer.from(request),
    isPublishedOnDoor: true,
  });
}

function startMosquitto(): Promise<Running> {
  // MQTT 3.1.1: CONNECT with a clean session and no name, SUBSCRIBE and PUBLISH with QoS 0.
  const hello = packet(0x10, [...sized('MQTT'), 4, 2, 0, 0, ...sized('')]);
  const subscribe = packet(0x82, [0, 1, ...sized('coffee'), 0]);
  return startRival({
    program: program('mosquitto'),
    config: ({ port, backPort }) => `
persistence false
allow_anonymous true
log_dest none
listener ${port} 127.0.0.1
protocol websockets
listener ${backPort} 127.0.0.1
`,
    argv: (file) => ['-c', file],
    door: {
      path: '/mqtt',
      subprotocol: 'mqtt',
      steps: [binary(hello, 1), binary(subscribe, 1)],
    },
    greeting: hello,
    message: packet(0x30, [...sized('coffee'), ...Buffer.from(MESSAGE)]),
  });
}

function startNats(): Promise<Running> {
  const hello = 'CONNECT {"verbose":false,"pedantic":false}\r\n';
  return startRival({
    program: findNatsServer() as string,
    config: ({ port, backPort }) => `
      listen: "127.0.0.1:${backPort}"
      log_file: "/dev/null"
      websocket { listen: "127.0.0.1:${port}", no_tls: true }`,
    argv: (file) => ['-c', file],
    door: {
      path: '/',
      subprotocol: undefined,
      // The server speaks first.
      steps: [binary('', 1), binary(`${hello}SUB coffee 1\r\nPING\r\n`, 1)],
    },
    greeting: hello,
    message: Buffer.from(`PUB coffee ${MESSAGE.length}\r\n${MESSAGE}\r\n`),
  });
}

function text(payload: string, answers: number): Step {
  return { binary: false, payload: Buffer.from(payload).toString('base64'), answers };
}

function binary(payload: string | Buffer, answers: number): Step {
  return { binary: true, payload: Buffer.from(payload).toString('base64'), answers };
}

/** A packet of MQTT whose length takes one byte or two. */
function packet(kind: number, body: readonly number[]): Buffer {
  const { length } = body;
  const size = length < 128 ? [length] : [0x80 | (length & 0x7f), length >> 7];
  return Buffer.from([kind, ...size, ...body]);
}

function sized(value: string): number[] {
  return [0, value.length, ...Buffer.from(value)];
}
