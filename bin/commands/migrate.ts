import { apiDefinition } from '../../api/config.ts';
import { raftDefinition } from '../../consortium/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { commonFields } from '../../lib/commonConfig.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import { migrateDatabase, openDatabase } from '../supervisor/openDatabase.ts';
import type { Command } from './command.ts';

/** How long a database that is away is waited for. */
const patienceMs = 10_000;

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Bring the database up to the newest schema; start, crawl and raft do this by themselves.',
  operands: null,
  configs: { migrate: commonFields },
  flags: {},
  async run(context) {
    const config = readCrawlerConfig(context.configFlags, [crawlerDefinition, raftDefinition, apiDefinition]);
    const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
    const log = createStderrLogger({ level: config.logLevel, format: config.logFormat, secrets });
    const server = await openDatabase(config, log, context.signal, patienceMs);
    try {
      const applied = await migrateDatabase(server.url, log);
      context.stdout(applied.length === 0 ? 'nothing to do\n' : `${applied.join('\n')}\n`);
      return 0;
    } finally {
      await server.stop();
    }
  },
};
