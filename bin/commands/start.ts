import { join } from 'node:path';
import { apiDefinition, readApiConfig } from '../../api/config.ts';
import { raftDefinition, readRaftConfig } from '../../consortium/config.ts';
import { type CrawlerConfig, crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { heapFlags } from '../../crawler/heapFlags.ts';
import { type ConfigDefinition, mergeDefinitions } from '../../lib/configLayers.ts';
import { endAll, Lifetime } from '../../lib/lifecycle.ts';
import { createStderrLogger, type Logger } from '../../lib/logger.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { readConfig } from '../../lib/readConfig.ts';
import { namesIn } from '../../lib/settingNames.ts';
import { sleep } from '../../lib/sleep.ts';
import { warnOfOldNames } from '../../lib/warnOfOldNames.ts';
import { checkFileLimit, fileNeeds } from '../supervisor/checkFileLimit.ts';
import { keepDatabase } from '../supervisor/keepDatabase.ts';
import { requireFree, takeLock, wasKilled } from '../supervisor/lockFile.ts';
import { type DatabaseServer, migrateDatabase, openDatabase } from '../supervisor/openDatabase.ts';
import { runChildren } from '../supervisor/runChildren.ts';
import type { ChildSpec } from '../supervisor/supervise.ts';
import { checkDataDir, checkPorts, portOfApi, portsOfCrawler } from './checkMachine.ts';
import { checkNetworks, checkRaft, NothingToWatchError } from './checkSettings.ts';
import type { Command, CommandContext } from './command.ts';

/** How long the children of a `start` that was killed take to end, at most. */
const orphansMs = 15_000;

export const startCommand: Command = {
  name: 'start',
  summary: 'Run everything: database, crawler, API and dashboard, and the Raft watcher if clusters are configured.',
  operands: null,
  configs: { crawl: crawlerDefinition, raft: raftDefinition, serve: apiDefinition },
  flags: {},
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { configFlags, signal } = context;
  // Everything at once, so that all mistakes are reported together.
  const { oldNames } = readConfig(mergeDefinitions(crawlerDefinition, raftDefinition, apiDefinition), {
    env: process.env,
    cwd: process.cwd(),
    flags: configFlags,
  });
  const config = readCrawlerConfig(configFlags, [raftDefinition, apiDefinition]);
  const networks = await checkNetworks(config);
  const raft = readRaftConfig(configFlags, [crawlerDefinition, apiDefinition]);
  await checkRaft(raft);
  if (networks + raft.raftClusters.length === 0) throw new NothingToWatchError();
  checkFileLimit(fileNeeds.crawl + config.maxDials);
  checkDataDir(config.dataDir);
  const locks = { start: join(config.dataDir, 'start.lock'), crawl: join(config.dataDir, 'crawl.lock') };
  requireFree(locks.start);
  const api = readApiConfig(configFlags, [crawlerDefinition, raftDefinition]);
  const isLeft = wasKilled(locks.start);
  await untilFree(isLeft ? orphansMs : 0, signal, async () => {
    requireFree(locks.crawl);
    await checkPorts([...portsOfCrawler(config, networks), portOfApi(api)]);
  });
  // Nothing was started yet, so there is nothing to end.
  if (signal.aborted) return 0;
  const logFormat = config.logFormat === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : config.logFormat;
  const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
  const log = createStderrLogger({ level: config.logLevel, format: logFormat, secrets, fields: { part: 'start' } });
  warnOfOldNames(oldNames, log);

  const life = new Lifetime();
  let failed = true;
  try {
    const database = await openLocked(config, locks.start, log, signal, life);
    if (!signal.aborted) {
      await migrateDatabase(database.url, log);
      const env = { ...process.env, DATABASE_URL: database.url, FORKSCOPE_LOG_FORMAT: logFormat };
      const children = childSpecs(configFlags, env, raft.raftClusters.length > 0);
      await runChildren(context, children, life, log, await greetingOf(config));
    }
    failed = false;
  } finally {
    failed = (await endAll(life, log)) || failed;
  }
  return failed ? 1 : 0;
}

/** Tries again while processes of a killed `start`, which end by themselves, may still be there. */
async function untilFree(ms: number, signal: AbortSignal, check: () => Promise<void>): Promise<void> {
  for (const end = performance.now() + ms; ; await sleep(200, signal)) {
    try {
      return await check();
    } catch (error) {
      if (signal.aborted) return;
      if (performance.now() >= end) throw error;
    }
  }
}

/** A server of somebody else is waited for before anything is made; the embedded one is made under the lock. */
async function openLocked(
  config: CrawlerConfig,
  path: string,
  log: Logger,
  signal: AbortSignal,
  life: Lifetime,
): Promise<DatabaseServer> {
  const open = (): Promise<DatabaseServer> => openDatabase(config, log, signal, Number.POSITIVE_INFINITY);
  const given = config.databaseUrl === null ? null : await open();
  const lock = takeLock(path);
  life.add('lock', () => lock.release());
  const database = keepDatabase(given ?? (await open()), { log });
  life.add('database', () => database.stop(), 30_000);
  return database;
}

/** Names what the crawler will watch, by slug, including networks from files and added ones. @throws as findNetworks */
export async function greetingOf(config: CrawlerConfig): Promise<string> {
  const { findNetworks } = await import('../../crawler/selectNetworks.ts');
  const slugs = findNetworks(config).watched.map(({ slug }) => slug);
  return `Forkscope watches ${slugs.length === 0 ? 'no network' : slugs.join(', ')}`;
}

function childSpecs(flags: CommandContext['configFlags'], env: ChildSpec['env'], withRaft: boolean): ChildSpec[] {
  const script = join(packageRoot, 'dist', 'bin', 'forkscope.js');
  const spec = (name: string, definition: ConfigDefinition, ...words: string[]): ChildSpec => ({
    name,
    args: ['--enable-source-maps', script, name, ...words, ...flagsOf(definition, flags)],
    env,
  });
  const crawl = spec('crawl', crawlerDefinition);
  return [
    { ...crawl, args: [...heapFlags, ...crawl.args] },
    ...(withRaft ? [spec('raft', raftDefinition, 'watch')] : []),
    spec('serve', apiDefinition),
  ];
}

/** The flags that one child understands, as the user gave them; the log format is decided here for all. */
function flagsOf(definition: ConfigDefinition, flags: CommandContext['configFlags']): string[] {
  return [...namesIn('flag', definition).keys()]
    .map((name) => name.slice(2))
    .filter((flag) => flag !== 'log-format')
    .flatMap((flag) => {
      const value = flags[flag];
      if (value === undefined) return [];
      if (typeof value === 'boolean') return [value ? `--${flag}` : `--no-${flag}`];
      return [`--${flag}=${value}`];
    });
}
