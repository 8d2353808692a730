import { commonFields } from '../../lib/commonConfig.ts';
import { countOf } from '../../lib/plural.ts';
import { type Command, UsageError } from './command.ts';
import { commandServer } from './commandServer.ts';
import { secondsText, tellNowAndThen } from './progressLines.ts';

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Fill an empty database from a FILE of backup, and bring it up to the newest schema.',
  operands: 'FILE',
  configs: { restore: commonFields },
  flags: {},
  async run(context) {
    const [path, ...others] = context.operands;
    if (path === undefined || others.length > 0) throw new UsageError('restore takes exactly one file to read');
    const { log, open } = commandServer(context);
    const { inspectBackup } = await import('../../sql/backup/readBackup.ts');
    // A file that cannot be restored makes no database.
    const contents = await inspectBackup(path, context.signal);
    await using server = await open();
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
  },
};
