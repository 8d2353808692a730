import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { apiDefinition } from '../../api/config.ts';
import { raftDefinition } from '../../consortium/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { formatNodesJson } from '../../crawler/crawl/nodesJson.ts';
import { formatSummary, noBootnodeAdvice } from '../../crawler/crawl/summaryTable.ts';
import type { CrawlerOptions, CrawlProgress, CrawlResult } from '../../crawler/crawlerOptions.ts';
import { heapGrowth } from '../../crawler/heapFlags.ts';
import type { Logger } from '../../lib/logger.ts';
import { countOf } from '../../lib/plural.ts';
import { steadyClock } from '../../p2p/net/steadyClock.ts';
import { checkFileLimit, fileNeeds } from '../supervisor/checkFileLimit.ts';
import { unwrittenCode } from '../supervisor/exitCodes.ts';
import { requireFree } from '../supervisor/lockFile.ts';
import { lockedDatabase, processDatabase } from '../supervisor/processDatabase.ts';
import { checkDataDir, checkPorts, portsOfCrawler } from './checkMachine.ts';
import { checkNetworks, NothingToWatchError } from './checkSettings.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';
import { createProgressView } from './progressView.ts';

/** After this time, a crawler that keeps running says once that no bootnode has answered. */
const adviceAfterMs = 15_000;
/** How long a single run waits for a database that is away. */
const oncePatienceMs = 10_000;

export const crawlCommand: Command = {
  name: 'crawl',
  summary: 'Crawl the networks and store what is found; with --once, end by itself with a summary.',
  operands: null,
  configs: { crawl: crawlerDefinition, raft: raftDefinition },
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
  const config = readCrawlerConfig(context.configFlags, [raftDefinition, apiDefinition]);
  const networks = await checkNetworks(config);
  if (networks === 0 && !context.isSupervised) throw new NothingToWatchError();
  checkFileLimit(fileNeeds.crawl + config.maxDials);
  checkDataDir(config.dataDir);
  // Two crawlers with the same keys would be one node at two places.
  const lock = join(config.dataDir, 'crawl.lock');
  requireFree(lock);
  await checkPorts(portsOfCrawler(config, networks));
  const patienceMs = once ? oncePatienceMs : Number.POSITIVE_INFINITY;
  const database = processDatabase(config, { migrates: true, patienceMs });
  const { run: crawl } = await import('../../crawler/main.ts');
  const { runProcess } = await import('../../lib/runProcess.ts');
  const { realWorld } = await import('./realWorld.ts');
  return runProcess(
    {
      part: 'crawl',
      config,
      isSupervised: context.isSupervised,
      metricsPrefix: 'forkscope_crawler_',
      database: lockedDatabase(database, lock, config.databaseUrl === null),
    },
    signal,
    async ({ log, registry, databaseUrl, signal: untilEnd, serveMetrics }) => {
      const view = once ? createProgressView(process.stderr, Date.now) : null;
      const advise = once ? null : adviseOnce(log);
      const options: CrawlerOptions = {
        config,
        version: context.version,
        log,
        registry,
        once,
        onReady: () => serveMetrics({ host: config.crawlMetricsHost, port: config.crawlMetricsPort }),
        onProgress: (progress) => {
          view?.show(progress);
          advise?.(progress);
        },
        ...(flags['print-commits'] === true ? { onCommitted: (keys) => context.stdout(`${keys.join('\n')}\n`) } : {}),
      };
      const result = await crawl(options, realWorld(databaseUrl, steadyClock()), untilEnd);
      view?.end();
      return once ? tell(result, context) : 0;
    },
  );
}

/** Says once that no bootnode has answered, after they have had time to. */
function adviseOnce(log: Logger): (progress: CrawlProgress) => void {
  const startedAt = Date.now();
  let advised = false;
  return (progress) => {
    if (advised || Date.now() - startedAt < adviceAfterMs) return;
    const { bootnodes } = progress.summary();
    advised = bootnodes.tried > 0;
    if (!advised || bootnodes.answered > 0) return;
    for (const line of noBootnodeAdvice({ ...bootnodes, problems: [] }).split('\n')) log.warn(line.trim());
  };
}

/** Writes what a single run found; its exit code is 1 if nobody answered, 3 if the database lacks some of it. */
function tell({ summary, unwritten, nodes }: CrawlResult, { flags, signal, stdout, stderr }: CommandContext): number {
  if (typeof flags.summary === 'string') writeWhole(flags.summary, `${JSON.stringify(summary, null, 2)}\n`);
  if (typeof flags.out === 'string') writeWhole(flags.out, formatNodesJson(nodes()));
  stdout(`${formatSummary(summary)}\n`);
  if (unwritten > 0) {
    stderr(
      `The database was away in the end: ${countOf(unwritten, { one: 'visit', other: 'visits' })} of this run wait on disk, without a census. The next start of crawl with this data directory writes them.\n`,
    );
    return unwrittenCode;
  }
  if (summary.alive + summary.reachable > 0 || signal.aborted) return 0;
  stderr(`${noBootnodeAdvice(summary.bootnodes)}\n`);
  return 1;
}

/** Readers of the file never see part of it. */
function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}
