import { commonFields } from '../../lib/commonConfig.ts';
import { countOf } from '../../lib/plural.ts';
import { type Command, UsageError } from './command.ts';
import { commandServer } from './commandServer.ts';
import { bytesText, secondsText, tellNowAndThen } from './progressLines.ts';

export const backupCommand: Command = {
  name: 'backup',
  summary: 'Write the whole database to FILE as it is now, while everything goes on; for restore, on any PostgreSQL.',
  operands: 'FILE',
  configs: { backup: commonFields },
  flags: {},
  async run(context) {
    const [path, ...others] = context.operands;
    if (path === undefined || others.length > 0) throw new UsageError('backup takes exactly one file to write');
    const { log, open } = commandServer(context);
    const { requireFreePath } = await import('../../sql/backup/backupFile.ts');
    await requireFreePath(path);
    await using server = await open();
    const { writeBackup } = await import('../../sql/backup/writeBackup.ts');
    const startedAt = performance.now();
    const tell = tellNowAndThen(log, 'backing up');
    const report = await writeBackup({
      ...{ url: server.url, path, version: context.version, now: Date.now(), signal: context.signal },
      onProgress: ({ table, bytes }) => tell({ table, written: bytesText(bytes) }),
    });
    const took = secondsText(performance.now() - startedAt);
    context.stdout(
      `${path}: ${countOf(report.rows, { one: 'row', other: 'rows' })} of ${countOf(report.tables, { one: 'table', other: 'tables' })}, schema ${report.schema}, ${bytesText(report.bytes)}, in ${took}\n`,
    );
    return 0;
  },
};
