// The command. Only this file reads argv and the environment, handles signals, and ends the process.

import { inspect } from 'node:util';
import { pino } from 'pino';
import { systemClock } from './base/clock.ts';
import { descriptorLimit, explainLimit, watchDescriptors } from './base/descriptors.ts';
import { createRedactor } from './base/redact.ts';
import { explainListenError, greet, greetAtTerminal } from './command/greeting.ts';
import { cutLine, loggedError, MAX_LINE } from './command/log-line.ts';
import { LogOutput } from './command/log-output.ts';
import { prettify } from './command/pretty-log.ts';
import { parseConfig } from './config/parse.ts';
import { secretsOf } from './config/secrets.ts';
import { startServer } from './server/server.ts';

/** The Node.js resource of a pending name lookup, which delays process.exit() by up to half a minute. */
const LOOK_UP = 'GetAddrInfoReqWrap';

const parsed = parseConfig(process.argv.slice(2), process.env);
// Without a listener, a reader that goes away would crash the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

if ('help' in parsed) {
  process.stdout.write(parsed.help);
} else if ('mistakes' in parsed) {
  process.stderr.write(`${parsed.mistakes.map((mistake) => `senti: ${mistake}`).join('\n')}\n`);
  process.exitCode = 1;
} else {
  const { config } = parsed;
  const output = new LogOutput({
    stream: process.stdout,
    clock: systemClock,
    onRecovered: (dropped) =>
      log.warn(`standard output was blocked: ${dropped} log lines dropped since the start`),
  });
  const redact = createRedactor(secretsOf(config));
  const log = pino(
    {
      level: config.logLevel,
      serializers: { err: loggedError },
      hooks: { streamWrite: (line) => cutLine(redact(line)) },
    },
    {
      write: (line: string) => output.write(process.stdout.isTTY ? prettify(line) : line),
    },
  );
  // Only a bug gets here. Node.js itself would print the error with its secrets.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'crashed');
    process.stderr.write(`${redact(inspect(error)).slice(0, MAX_LINE)}\n`);
    end(1, 'SIGKILL');
  });
  // At a terminal without TLS, SIGHUP ends the process as usual. Otherwise it rereads the TLS files, and may
  // arrive before the server has started.
  let reload = () => {};
  if (config.tlsCert !== undefined || !process.stdout.isTTY) process.on('SIGHUP', () => reload());
  try {
    const server = await startServer(config, log, { logDropped: () => output.dropped });
    reload = server.reload;
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
      // The sender of a second signal does not want to wait.
      if (stopping) end(1, signal);
      stopping = true;
      log.info(`${signal}: stopping`);
      void server.close().then(async () => {
        log.info('stopped');
        await output.flush();
        end(0, signal);
      });
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    const greeting = greet(server, config);
    if (process.stdout.isTTY) output.write(greetAtTerminal(greeting));
    else for (const [name, text] of greeting) log.info(`${name}: ${text}`);
    const tooFew = explainLimit(descriptorLimit(), config.maxSockets);
    if (tooFew !== undefined) log.warn(tooFew);
    watchDescriptors(systemClock, (line) => log.warn(line));
  } catch (error) {
    const explained = explainListenError(error, config);
    if (explained === undefined) throw error;
    log.fatal(explained);
    await output.flush();
    process.exit(1);
  }
}

/** Ends the process at once. Raises `signal` where process.exit() would wait for a name lookup. */
function end(code: number, signal: NodeJS.Signals): never {
  if (process.getActiveResourcesInfo().includes(LOOK_UP)) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit(code);
}
