import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { apiDefinition } from '../../api/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { heapGrowth } from '../../crawler/heapFlags.ts';
import { Lifetime } from '../../lib/lifecycle.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import { checkNetworks } from '../checkSettings.ts';
import { type Command, type CommandContext, UsageError } from '../command.ts';
import { migrateDatabase, openDatabase } from '../openDatabase.ts';
import { createProgressView } from '../progressView.ts';
import { endAll } from '../supervisor/runChildren.ts';

/** After this time, a crawler that keeps running says once that no bootnode has answered. */
const adviceAfterMs = 15_000;

export const crawlCommand: Command = {
  name: 'crawl',
  summary: 'Crawl the networks and store what is found; with --once, end by itself with a summary.',
  operands: null,
  configs: { crawl: crawlerDefinition },
  flags: {
    once: { summary: 'Visit every node once, print a summary and end.', value: null },
    summary: { summary: 'With --once: also write the summary to a file, as JSON.', value: 'FILE' },
    out: {
      summary: "With --once: write the nodes found to a file, in the format of geth's nodes.json.",
      value: 'FILE',
    },
    'print-commits': { summary: 'Print the key of each visit once it is safely in the database.', value: null },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { flags, signal } = context;
  // For a crawler that was not started by `start`.
  setFlagsFromString(heapGrowth);
  const once = flags.once === true;
  for (const name of ['summary', 'out']) {
    if (flags[name] !== undefined && !once)
      throw new UsageError(`--${name} needs --once: without it the crawl does not end`);
  }
  const config = readCrawlerConfig(context.configFlags, [apiDefinition]);
  await checkNetworks(config);
  const log = createStderrLogger({
    level: config.logLevel,
    format: config.logFormat,
    secrets: config.databaseUrl === null ? [] : [config.databaseUrl],
    fields: { part: 'crawl' },
  });
  const { runCrawler } = await import('../../crawler/main.ts');
  const { formatSummary, noBootnodeAdvice } = await import('../../crawler/crawl/summaryTable.ts');
  const { formatNodesJson } = await import('../../crawler/crawl/nodesJson.ts');
  const life = new Lifetime();
  try {
    const database = await openDatabase(config, log);
    life.add('database', () => database.stop(), 30_000);
    await migrateDatabase(database.url, log);
    const view = once ? createProgressView(process.stderr, Date.now) : null;
    const startedAt = Date.now();
    let advised = false;
    const result = await runCrawler(
      {
        config,
        databaseUrl: database.url,
        version: context.version,
        log,
        once,
        onProgress: (progress) => {
          view?.show(progress);
          if (once || advised || Date.now() - startedAt < adviceAfterMs) return;
          const { bootnodes } = progress.summary();
          if (bootnodes.answered > 0) advised = true;
          else if (bootnodes.tried > 0) {
            advised = true;
            for (const line of noBootnodeAdvice(bootnodes.tried).split('\n')) log.warn(line.trim());
          }
        },
        ...(flags['print-commits'] === true ? { onCommitted: (keys) => context.stdout(`${keys.join('\n')}\n`) } : {}),
      },
      signal,
    );
    view?.end();
    if (!once) return 0;
    const { summary } = result;
    if (typeof flags.summary === 'string') writeWhole(flags.summary, `${JSON.stringify(summary, null, 2)}\n`);
    if (typeof flags.out === 'string') writeWhole(flags.out, formatNodesJson(result.nodes()));
    context.stdout(`${formatSummary(summary)}\n`);
    if (summary.alive > 0 || signal.aborted) return 0;
    context.stderr(`${noBootnodeAdvice(summary.bootnodes.tried)}\n`);
    return 1;
  } finally {
    await endAll(life, log);
  }
}

/** Readers of the file never see part of it. */
function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}
