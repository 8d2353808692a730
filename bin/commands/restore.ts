import { apiDefinition } from '../../api/config.ts';
import { raftDefinition } from '../../consortium/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { commonFields } from '../../lib/commonConfig.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import { countOf } from '../../lib/plural.ts';
import { openDatabase } from '../supervisor/openDatabase.ts';
import { type Command, UsageError } from './command.ts';
import { secondsText, tellNowAndThen } from './progressLines.ts';

/** How long a database that is away is waited for. */
const patienceMs = 10_000;

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Fill an empty database from a FILE of backup, and bring it up to the newest schema.',
  operands: 'FILE',
  configs: { restore: commonFields },
  flags: {},
  async run(context) {
    const [path, ...others] = context.operands;
    if (path === undefined || others.length > 0) throw new UsageError('restore takes exactly one file to read');
    const config = readCrawlerConfig(context.configFlags, [crawlerDefinition, raftDefinition, apiDefinition]);
    const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
    const log = createStderrLogger({ level: config.logLevel, format: config.logFormat, secrets });
    const { inspectBackup } = await import('../../sql/backup/readBackup.ts');
    // A file that cannot be restored makes no database.
    const contents = await inspectBackup(path, context.signal);
    const server = await openDatabase(config, log, context.signal, patienceMs);
    try {
      const { restoreBackup } = await import('../../sql/backup/restoreBackup.ts');
      const startedAt = performance.now();
      const tell = tellNowAndThen(log, 'restoring');
      const { header, rows, schema, leftOut } = await restoreBackup(contents, {
        ...{ url: server.url, path, signal: context.signal },
        onProgress: ({ table, rows, ofRows }) => tell({ table, rows, ofRows }),
      });
      if (leftOut.length > 0) log.warn('left out tables that are none of Forkscope', { tables: leftOut.join(', ') });
      const took = secondsText(performance.now() - startedAt);
      context.stdout(
        `${path}: the ${countOf(rows, { one: 'row', other: 'rows' })} of ${header.at} are back, schema ${schema}, in ${took}\n`,
      );
      return 0;
    } finally {
      await server.stop();
    }
  },
};
