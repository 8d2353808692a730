import { join } from 'node:path';
import { apiDefinition } from '../../api/config.ts';
import { raftDefinition, readRaftConfig } from '../../consortium/config.ts';
import { type CrawlerConfig, crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { heapFlags } from '../../crawler/heapFlags.ts';
import { type ConfigDefinition, mergeDefinitions } from '../../lib/configLayers.ts';
import { endAll, Lifetime } from '../../lib/lifecycle.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { readConfig } from '../../lib/readConfig.ts';
import { namesIn } from '../../lib/settingNames.ts';
import { warnOfOldNames } from '../../lib/warnOfOldNames.ts';
import { keepDatabase } from '../supervisor/keepDatabase.ts';
import { takeLock } from '../supervisor/lockFile.ts';
import { migrateDatabase, openDatabase } from '../supervisor/openDatabase.ts';
import { runChildren } from '../supervisor/runChildren.ts';
import type { ChildSpec } from '../supervisor/supervise.ts';
import { checkNetworks, checkRaft } from './checkSettings.ts';
import type { Command, CommandContext } from './command.ts';

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
  await checkNetworks(config);
  const raft = readRaftConfig(configFlags, [crawlerDefinition, apiDefinition]);
  await checkRaft(raft);
  const logFormat = config.logFormat === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : config.logFormat;
  const secrets = config.databaseUrl === null ? [] : [config.databaseUrl];
  const log = createStderrLogger({ level: config.logLevel, format: logFormat, secrets, fields: { part: 'start' } });
  warnOfOldNames(oldNames, log);

  const life = new Lifetime();
  let failed = true;
  try {
    const lock = takeLock(join(config.dataDir, 'start.lock'));
    life.add('lock', () => lock.release());
    const database = keepDatabase(await openDatabase(config, log), { log });
    life.add('database', () => database.stop(), 30_000);
    await migrateDatabase(database.url, log);
    if (!signal.aborted) {
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
