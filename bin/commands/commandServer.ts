import { apiDefinition } from '../../api/config.ts';
import { raftDefinition } from '../../consortium/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { createStderrLogger, type Logger } from '../../lib/logger.ts';
import { type DatabaseServer, openDatabase } from '../supervisor/openDatabase.ts';
import type { CommandContext } from './command.ts';

/** How long a database that is away is waited for. */
const patienceMs = 10_000;

interface CommandServer {
  readonly log: Logger;
  /** Opens it, once; it is stopped at the end of the scope. @throws as openDatabase */
  open(): Promise<DatabaseServer & AsyncDisposable>;
}

/**
 * The database server of a command that works on the database and ends, by the settings of all other commands.
 * @throws ConfigError
 */
export function commandServer({ configFlags, signal }: CommandContext): CommandServer {
  const config = readCrawlerConfig(configFlags, [crawlerDefinition, raftDefinition, apiDefinition]);
  const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
  const log = createStderrLogger({ level: config.logLevel, format: config.logFormat, secrets });
  return {
    log,
    async open() {
      const server = await openDatabase(config, log, signal, patienceMs);
      return { ...server, [Symbol.asyncDispose]: () => server.stop() };
    },
  };
}
