import { writeFile } from 'node:fs/promises';
import { apiDefinition } from '../../api/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { Lifetime } from '../../lib/lifecycle.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import type { Command, CommandContext } from '../command.ts';
import { UsageError } from '../command.ts';
import { migrateDatabase, openDatabase } from '../openDatabase.ts';
import { createProgress } from '../progress.ts';

export const crawlCommand: Command = {
  name: 'crawl',
  summary: 'Walk the discovery network and visit nodes; with --once until every known node was visited.',
  operands: null,
  configs: { crawl: crawlerDefinition },
  flags: {
    once: { summary: 'End when every known node was visited once, and print a summary.', value: null },
    summary: { summary: 'With --once: write the summary as JSON.', value: 'FILE' },
    out: { summary: "With --once: write the nodes in geth's nodes.json format.", value: 'FILE' },
    'print-committed': {
      summary: 'For tests: print the key of each visit on stdout once it is in the database for certain.',
      value: null,
    },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { flags, configFlags, signal, version } = context;
  const once = flags.once === true;
  for (const flag of ['summary', 'out']) {
    if (flags[flag] !== undefined && !once) throw new UsageError(`--${flag} goes with --once`);
  }
  const config = readCrawlerConfig(configFlags, [apiDefinition]);
  const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
  // The progress bar and the summary say it all; a person who wants the log asks for a level.
  const level = once && configFlags['log-level'] === undefined ? 'warn' : config.logLevel;
  const log = createStderrLogger({ level, format: config.logFormat, secrets, fields: { part: 'crawl' } });
  const { runCrawler } = await import('../../crawler/main.ts');
  const { formatSummary, noBootnodeAdvice } = await import('../../crawler/crawl/summaryTable.ts');
  const { formatNodesJson } = await import('../../crawler/crawl/nodesJson.ts');

  const life = new Lifetime();
  const progress = once ? createProgress(context.stderr, process.stderr.isTTY ? process.stderr.columns : null) : null;
  try {
    const database = await openDatabase(config, log);
    life.add('database', () => database.stop(), 30_000);
    await migrateDatabase(database.url, log);
    const result = await runCrawler(
      {
        config,
        databaseUrl: database.url,
        version,
        log,
        once,
        onProgress: (state) => progress?.show(state),
        ...(flags['print-committed'] === true
          ? { onCommitted: (keys) => context.stdout(keys.map((key) => `committed ${key}\n`).join('')) }
          : {}),
      },
      signal,
    );
    progress?.end();
    if (!once) return 0;
    const { summary } = result;
    context.stdout(`${formatSummary(summary)}\n`);
    if (typeof flags.summary === 'string') await writeFile(flags.summary, `${JSON.stringify(summary, null, 2)}\n`);
    if (typeof flags.out === 'string') await writeFile(flags.out, formatNodesJson(result.nodes()));
    if (signal.aborted || summary.bootnodes.tried === 0 || summary.bootnodes.answered > 0)
      return signal.aborted ? 1 : 0;
    context.stderr(`${noBootnodeAdvice(summary.bootnodes.tried)}\n`);
    return 1;
  } finally {
    progress?.end();
    await life.close();
  }
}
