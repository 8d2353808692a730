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
  flags: {
    roles: {
      summary:
        'Also make the roles forkscope_crawler (writes rows) and forkscope_reader (reads), or renew what they may do.',
      value: null,
    },
  },
  async run(context) {
    const config = readCrawlerConfig(context.configFlags, [crawlerDefinition, raftDefinition, apiDefinition]);
    const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
    const log = createStderrLogger({ level: config.logLevel, format: config.logFormat, secrets });
    const server = await openDatabase(config, log, context.signal, patienceMs);
    try {
      const applied = await migrateDatabase(server.url, log);
      const given = context.flags.roles === true ? await giveRoles(server.url) : [];
      const done = [...applied, ...given];
      context.stdout(done.length === 0 ? 'nothing to do\n' : `${done.join('\n')}\n`);
      return 0;
    } finally {
      await server.stop();
    }
  },
};

async function giveRoles(url: string): Promise<readonly string[]> {
  const { connect } = await import('../../sql/client.ts');
  const { grantRoles } = await import('../../sql/roles.ts');
  const sql = connect(url, { max: 1, applicationName: 'forkscope migrate' });
  try {
    return await grantRoles(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
