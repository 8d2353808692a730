import { commonFields } from '../../lib/commonConfig.ts';
import type { Sql } from '../../sql/client.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';
import { commandServer } from './commandServer.ts';

export const databaseCommand: Command = {
  name: 'db',
  summary: 'Say where the bytes of the database are and what grows (size), or find what must not be in it (check).',
  operands: 'size | check',
  configs: { db: commonFields },
  flags: { json: { summary: 'Print JSON.', value: null } },
  async run(context) {
    const [word, ...others] = context.operands;
    if (others.length > 0 || (word !== 'size' && word !== 'check'))
      throw new UsageError('db needs one of: size, check');
    return withDatabase(context, word === 'size' ? printSize : printChecks);
  },
};

async function withDatabase(
  context: CommandContext,
  work: (sql: Sql, context: CommandContext) => Promise<number>,
): Promise<number> {
  const { open } = commandServer(context);
  await using server = await open();
  const { connect } = await import('../../sql/client.ts');
  const sql = connect(server.url, { max: 1, applicationName: 'forkscope db' });
  try {
    const [schema] = await sql<{ there: boolean }[]>`select to_regclass('schema_migrations') is not null as there`;
    if (schema?.there !== true) throw new UsageError('the database holds nothing of Forkscope');
    return await work(sql, context);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function printSize(sql: Sql, { flags, stdout }: CommandContext): Promise<number> {
  const { measureTables } = await import('../../sql/inspect/measureTables.ts');
  const { sizeLines } = await import('./sizeLines.ts');
  const size = await measureTables(sql);
  stdout(flags.json === true ? `${JSON.stringify(size, null, 2)}\n` : sizeLines(size));
  return 0;
}

/** 0: all holds. 1: something does not. */
async function printChecks(sql: Sql, { flags, stdout }: CommandContext): Promise<number> {
  const { checkDatabase } = await import('../../sql/inspect/checkDatabase.ts');
  const { serverTime } = await import('../../sql/databaseTime.ts');
  const asJson = flags.json === true;
  const results = await checkDatabase(sql, serverTime, ({ name, says, breaches }) => {
    if (asJson) return;
    stdout(`${breaches.length === 0 ? 'ok    ' : 'BROKEN'}  ${name.padEnd(12)}  ${says}\n`);
    for (const { what, rows } of breaches.slice(0, 10)) {
      stdout(`          ${what}${rows === undefined ? '' : ` (${rows} rows)`}\n`);
    }
    if (breaches.length > 10) stdout(`          … and ${breaches.length - 10} more\n`);
  });
  if (asJson) stdout(`${JSON.stringify(results, null, 2)}\n`);
  return results.every(({ breaches }) => breaches.length === 0) ? 0 : 1;
}
