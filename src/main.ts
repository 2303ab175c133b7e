// The command: argv and environment in, signals and exit code out. No other touches its streams, its signals or its end.

import { pino } from 'pino';
import { parseConfig } from './config.ts';
import { explainListenError, greet, greetAtTerminal } from './greeting.ts';
import { prettify } from './pretty-log.ts';
import { createRedactor } from './redact.ts';
import { secretsOf } from './secrets.ts';
import { startServer } from './server.ts';

const parsed = parseConfig(process.argv.slice(2), process.env);

if ('help' in parsed) {
  process.stdout.write(parsed.help);
} else if ('problems' in parsed) {
  process.stderr.write(`${parsed.problems.map((problem) => `senti: ${problem}`).join('\n')}\n`);
  process.exitCode = 1;
} else {
  const { config } = parsed;
  const stream = process.stdout.isTTY
    ? { write: (line: string) => void process.stdout.write(prettify(line)) }
    : undefined;
  const settings = {
    level: config.logLevel,
    hooks: { streamWrite: createRedactor(secretsOf(config)) },
  };
  const log = stream ? pino(settings, stream) : pino(settings);
  // A bug: it goes into the log, then Node.js prints it and exits with 1, as ever.
  process.on('uncaughtExceptionMonitor', (error) => log.fatal({ err: error }, 'crashed'));
  // At a terminal it says that the terminal is gone; a service is told so to read its files again, and
  // may be while it starts, when it reads them anyway.
  let reload = () => {};
  if (config.tlsCert !== '' || !process.stdout.isTTY) process.on('SIGHUP', () => reload());
  try {
    const server = await startServer(config, log);
    reload = server.reload;
    let stopping = false;
    const stop = (signal: string) => {
      // Whoever asks twice does not want to wait.
      if (stopping) process.exit(1);
      stopping = true;
      log.info(`${signal}: stopping`);
      void server.close().then(() => {
        log.info('stopped');
        // Whatever of it might still be on its way is not waited for.
        process.exit();
      });
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    const greeting = greet(server.url, config);
    if (process.stdout.isTTY) process.stdout.write(greetAtTerminal(greeting));
    else for (const [name, text] of greeting) log.info(`${name}: ${text}`);
  } catch (error) {
    const explained = explainListenError(error, config);
    if (explained === undefined) throw error;
    log.fatal(explained);
    process.exitCode = 1;
  }
}
