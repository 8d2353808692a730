/** Configuration of the crawl process. Only the config.ts of the three processes read the environment. */
import { hostname } from 'node:os';
import { z } from 'zod';
import { sortAddedNetworks } from '../chains/networks/loadNetworks.ts';
import { listAddedNetworks } from '../lib/addedNetworks.ts';
import { commonFields, isCidr, isHost, isIpAddress, splitRoundField, watchedSlugs } from '../lib/commonConfig.ts';
import { choiceField, durationField, integerField, listField, switchField, textField } from '../lib/configFields.ts';
import {
  type ConfigDefinition,
  ConfigError,
  type ConfigLayers,
  type ConfigOf,
  defineConfig,
  type LoadedConfig,
  type OldName,
} from '../lib/configLayers.ts';
import { windowMs } from '../lib/countWindows.ts';
import { type DiscoveryProtocol, discoveryProtocols } from '../lib/discoveryProtocols.ts';
import { formatDuration } from '../lib/duration.ts';
import { homeDataDir, readConfig } from '../lib/readConfig.ts';
import { nameIn } from '../lib/settingNames.ts';
import { maxRevisitMs, scheduleOf } from './crawl/backoff.ts';
import { longestRevisitMs, misfitsOf } from './crawl/windowFit.ts';
import { isSource, sourceExpects } from './sources/sourceSetting.ts';

const port = { min: 0, max: 65_535 } as const;

export const crawlerDefinition = defineConfig({
  ...commonFields,
  port: integerField({
    summary: 'UDP and TCP port of the discovery identity; 0 takes a free one.',
    default: 30_303,
    ...port,
  }),
  bind4: textField({
    summary: 'IPv4 address to bind to; none turns IPv4 off.',
    default: '0.0.0.0',
    expects: 'an IPv4 address or none',
    check: (text) => text === 'none' || z.ipv4().safeParse(text).success,
  }),
  bind6: textField({
    summary: 'IPv6 address to bind to; none turns IPv6 off.',
    default: '::',
    expects: 'an IPv6 address or none',
    check: (text) => text === 'none' || z.ipv6().safeParse(text).success,
  }),
  externalIp: textField({
    summary: 'Our public address.',
    default: null,
    defaultText: 'what most PONGs report',
    expects: 'an IPv4 or IPv6 address',
    check: isIpAddress,
  }),
  vantage: textField({
    summary: 'Name of the place this crawler looks from; crawlers that share a database each need their own.',
    default: null,
    defaultText: "the machine's host name",
    maxLength: 63,
    expects: 'at most 63 letters, digits, dots and dashes',
    check: (text) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(text),
  }),
  discovery: listField({
    summary: 'Protocols by which nodes are asked for each other; a node counts as alive if it answers by one of them.',
    default: discoveryProtocols,
    maxItems: discoveryProtocols.length,
    expects: `of ${discoveryProtocols.join(', ')}`,
    check: (text) => discoveryProtocols.some((one) => one === text),
  }),
  listen: switchField({ summary: 'Accept TCP sessions from nodes that dial us.', default: true }),
  maxVisits: integerField({
    summary: 'Maximum number of visits at the same time, besides those to names that are silent so far.',
    default: 160,
    min: 1,
    max: 10_000,
  }),
  maxDials: integerField({
    summary: 'Maximum number of outbound TCP sessions at the same time.',
    default: 48,
    min: 1,
    max: 10_000,
  }),
  packetsPerSecond: integerField({
    summary: 'Maximum number of UDP packets sent per second, to all targets together.',
    default: 2_000,
    min: 1,
    max: 100_000,
    unit: 'packets/s',
  }),
  allowedCidrs: listField({
    summary: 'If given, the only addresses that may be contacted; for private chains and loopback.',
    default: [],
    maxItems: 1_000,
    expects: 'CIDR ranges such as 10.0.0.0/8,fd00::/8',
    check: isCidr,
  }),
  bootnodes: listField({
    summary: 'Nodes to start from, instead of those in the network files.',
    default: null,
    maxItems: 1_000,
    expects: 'enode:// or enr: URLs',
    // What else may be wrong with one is told by its name, and the others are used.
    check: (text) => /^(enode:\/\/[0-9a-f]{128}(@.*)?|enr:[\w-]{1,500}=*)$/i.test(text),
  }),
  sources: listField({
    summary:
      "Lists of nodes to start from besides: files (static-nodes.json, trusted-nodes.json, permissioned-nodes.json, geth's nodes.json or configuration, CSV, lines of URLs), read again when they change, and lists in DNS (EIP-1459).",
    default: [],
    flag: 'source',
    maxItems: 100,
    expects: sourceExpects,
    check: isSource,
    formerly: ['bootnodeFiles'],
  }),
  networkLists: switchField({
    summary:
      'Also read the lists in DNS that the files of watched networks name. Where a file names no bootnode they are read anyway.',
    default: false,
  }),
  sourceRefreshMs: durationField({
    summary: 'Time between two looks at a list in DNS.',
    default: 1_800_000,
    min: 60_000,
    max: 7 * 86_400_000,
  }),
  revisitMs: durationField({
    summary: 'Time between two visits to a node that answers.',
    default: 1_800_000,
    min: 1_000,
    max: maxRevisitMs,
  }),
  leaseMs: durationField({
    summary: 'How long a node stays claimed by a crawler that has stopped reporting, before another crawler visits it.',
    default: 60_000,
    min: 2_000,
    max: 3_600_000,
  }),
  splitRoundMs: splitRoundField,
  splitCloseMs: durationField({
    summary: 'A split closes when its network has been whole for this long.',
    default: 3_600_000,
    min: 1_000,
    max: 7 * 86_400_000,
  }),
  splitVoters: choiceField({
    summary:
      'What counts on the sides of a chain split: subnets (/24, v6 /48) or node IDs. By default node IDs on private networks and subnets on others.',
    default: 'auto',
    values: ['auto', 'subnet', 'id'],
  }),
  retentionDays: integerField({
    summary: 'How long individual visits are kept.',
    default: 30,
    min: 1,
    max: 3_650,
    unit: 'days',
  }),
  crawlMetricsHost: textField({
    summary: 'Address on which crawl serves /metrics.',
    default: '127.0.0.1',
    expects: 'an IP address or a host name',
    check: isHost,
  }),
  crawlMetricsPort: integerField({
    summary: 'Port on which crawl serves /metrics; 0 takes a free one.',
    default: 9_101,
    ...port,
  }),
});

/** The configuration, completed with what only the machine knows. */
export type CrawlerConfig = Omit<
  ConfigOf<typeof crawlerDefinition>,
  'dataDir' | 'vantage' | 'networks' | 'discovery'
> & {
  readonly discovery: readonly DiscoveryProtocol[];
  readonly networks: readonly string[];
  /** Files of the data directory that stand in for networks of the package. */
  readonly networkUpdates: readonly string[];
  readonly dataDir: string;
  readonly vantage: string;
  readonly oldNames: readonly OldName[];
};

/** @throws ConfigError that lists every mistake */
export function readCrawlerConfig(
  flags: NonNullable<ConfigLayers['flags']> = {},
  others: readonly ConfigDefinition[] = [],
): CrawlerConfig {
  const { env } = process;
  const loaded = readConfig(crawlerDefinition, { env, cwd: process.cwd(), flags, others });
  const { config, oldNames } = loaded;
  checkWindows(loaded);
  const dataDir = config.dataDir ?? homeDataDir(env);
  const { updates, own } = sortAddedNetworks(listAddedNetworks(dataDir));
  const networkFiles = [...config.networkFiles, ...own];
  return Object.freeze({
    ...config,
    dataDir,
    networkFiles,
    networkUpdates: updates,
    networks: watchedSlugs({ ...config, networkFiles }),
    discovery: discoveryProtocols.filter((one) => config.discovery.includes(one)),
    vantage: config.vantage ?? (hostname() || 'here'),
    oldNames,
  });
}

/** Visits so rare that not even the longest window covers them would make every count a guess. */
function checkWindows({ config, sources }: LoadedConfig<typeof crawlerDefinition>): void {
  const settings = { ...scheduleOf(config), leaseMs: config.leaseMs };
  const misfit = misfitsOf(settings).find(({ window }) => window === 'day');
  const layer = sources.revisitMs;
  if (misfit === undefined || layer === 'default') return;
  const most = formatDuration(longestRevisitMs('day', settings));
  throw new ConfigError([
    {
      layer,
      name: nameIn(layer, 'revisitMs', crawlerDefinition.revisitMs),
      given: formatDuration(config.revisitMs),
      fix: `no count looks back further than ${formatDuration(windowMs.day)}, and a node may be looked at ${formatDuration(misfit.gapMs)} after the last time; give at most ${most}`,
    },
  ]);
}
