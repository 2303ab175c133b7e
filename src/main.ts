// The command: argv and environment in, signals and exit code out. No other touches its streams, its signals or its end.

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

/** The request of Node.js that looks up a name. Its exit waits for the name server, for half a minute or so. */
const LOOK_UP = 'GetAddrInfoReqWrap';

const parsed = parseConfig(process.argv.slice(2), process.env);
// A reader that is gone is no reason to crash.
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
      log.warn(`standard output took no lines for a while: ${dropped} dropped since the start`),
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
  // A bug. It goes into the log and to standard error from here, since Node.js would print its secrets too.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'crashed');
    process.stderr.write(`${redact(inspect(error)).slice(0, MAX_LINE)}\n`);
    end(1, 'SIGKILL');
  });
  // At a terminal it says that the terminal is gone; a service is told so to read its files again, and
  // may be while it starts, when it reads them anyway.
  let reload = () => {};
  if (config.tlsCert !== undefined || !process.stdout.isTTY) process.on('SIGHUP', () => reload());
  try {
    const server = await startServer(config, log, { logDropped: () => output.dropped });
    reload = server.reload;
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
      // A second signal means that its sender does not want to wait.
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
    const greeting = greet(server.url, config);
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

/** Ends the process at once: by `signal` itself where an exit would wait for a name server. */
function end(code: number, signal: NodeJS.Signals): never {
  if (process.getActiveResourcesInfo().includes(LOOK_UP)) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit(code);
}
