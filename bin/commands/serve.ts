import { apiDefinition, readApiConfig } from '../../api/config.ts';
import { crawlerDefinition } from '../../crawler/config.ts';
import { Lifetime, whenAborted } from '../../lib/lifecycle.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import type { Command } from '../command.ts';
import { openDatabase } from '../openDatabase.ts';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Serve the API, the dashboard and /metrics over what crawlers have stored.',
  operands: null,
  configs: { serve: apiDefinition },
  flags: {},
  async run(context) {
    const config = readApiConfig(context.configFlags, [crawlerDefinition]);
    const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
    const log = createStderrLogger({
      level: config.logLevel,
      format: config.logFormat,
      secrets,
      fields: { part: 'serve' },
    });
    const life = new Lifetime();
    try {
      const database = await openDatabase(config, log);
      life.add('database', () => database.stop(), 30_000);
      const { startApi } = await import('../../api/main.ts');
      const { whileDatabaseFits } = await import('../../sql/watchSchema.ts');
      await whileDatabaseFits(database.url, log, context.signal, async (signal) => {
        const api = await startApi({ ...config, databaseUrl: database.url }, signal, log);
        life.use('api', api, 8_000);
        context.announce(api.url);
        await whenAborted(signal);
      });
      return 0;
    } finally {
      await life.close();
    }
  },
};
