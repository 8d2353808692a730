import { commonFields } from '../../lib/commonConfig.ts';
import { migrateDatabase } from '../supervisor/openDatabase.ts';
import type { Command } from './command.ts';
import { commandServer } from './commandServer.ts';

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
    const { log, open } = commandServer(context);
    await using server = await open();
    const applied = await migrateDatabase(server.url, log);
    const given = context.flags.roles === true ? await giveRoles(server.url) : [];
    const done = [...applied, ...given];
    context.stdout(done.length === 0 ? 'nothing to do\n' : `${done.join('\n')}\n`);
    return 0;
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
