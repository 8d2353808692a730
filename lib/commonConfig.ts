/** The fields that every Forkscope process reads, and the default data directory. */
import { join } from 'node:path';
import { z } from 'zod';
import { choiceField, durationField, listField, textField } from './configFields.ts';
import { isTimetable, timetableText } from './timetable.ts';

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
const logFormats = ['auto', 'text', 'json'] as const;

export const commonFields = {
  config: textField({
    summary: 'Configuration file.',
    default: null,
    defaultText: './forkscope.json if it exists',
    expects: 'the path of a JSON file',
    layers: ['environment', 'flag'],
  }),
  databaseUrl: textField({
    summary: 'PostgreSQL server, as postgres://user:password@host:port/database.',
    default: null,
    defaultText: 'an embedded server in the data directory',
    secret: true,
    env: 'DATABASE_URL',
    expects: 'a URL that starts with postgres:// or postgresql://',
    // URL.canParse would refuse the embedded server's URL, which has a socket's folder instead of a host.
    check: (text) => /^postgres(ql)?:\/\/\S+$/.test(text),
  }),
  dataDir: textField({
    summary: 'Folder for keys, the embedded database and writes that wait on disk.',
    default: null,
    defaultText: '$XDG_DATA_HOME/forkscope or ~/.local/share/forkscope; as root /var/lib/forkscope',
    expects: 'the path of a folder',
  }),
  networks: listField({
    summary: 'Networks to watch, by slug (see forkscope networks).',
    default: null,
    defaultText: 'mainnet; none if you give network files of your own',
    maxItems: 100,
    expects: 'network slugs such as mainnet,sepolia',
    check: (text) => /^[a-z0-9][a-z0-9-]{0,39}$/.test(text),
  }),
  networkFiles: listField({
    summary: 'Network files of your own, to be watched as well.',
    default: [],
    flag: 'network',
    maxItems: 100,
    expects: 'paths of network files such as ./devnet.json (known networks are given by slug in networks)',
    check: (text) => /[/\\.]/.test(text),
  }),
  censusInterval: textField({
    summary:
      'How often the census runs, in UTC. Counts older than three intervals (of a cron expression: three times its longest gap) are stale. serve learns the interval from the crawlers; its own value counts only until one has told it.',
    default: '10m',
    expects: timetableText,
    check: isTimetable,
    formerly: ['censusCron'],
  }),
  logLevel: choiceField({ summary: 'Lowest level that is logged.', default: 'info', values: logLevels }),
  logFormat: choiceField({
    summary: 'Format of log lines; auto is text on a terminal and JSON elsewhere.',
    default: 'auto',
    values: logFormats,
  }),
} as const;

/** What the judges of crawl go by, and how often raft asks endpoints for blocks. */
export const splitRoundField = durationField({
  summary: 'Time between two rounds that look for fork and chain splits; a split opens after two rounds.',
  default: 600_000,
  min: 1_000,
  max: 86_400_000,
});

const addressSchema = z.union([z.ipv4(), z.ipv6()]);
const cidrSchema = z.union([z.cidrv4(), z.cidrv6()]);

export function isIpAddress(text: string): boolean {
  return addressSchema.safeParse(text).success;
}

export function isCidr(text: string): boolean {
  return cidrSchema.safeParse(text).success;
}

/** A host to listen on: an address or a host name. */
export function isHost(text: string): boolean {
  return isIpAddress(text) || /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/.test(text);
}

/** The slugs to watch: mainnet if nothing is configured, none if there are only network files (private chains). */
export function watchedSlugs(config: {
  readonly networks: readonly string[] | null;
  readonly networkFiles: readonly string[];
}): readonly string[] {
  return config.networks ?? (config.networkFiles.length > 0 ? [] : ['mainnet']);
}

/** Where the data is kept if `dataDir` is not set. As root it must be a folder that the database's own user can enter. */
export function defaultDataDir(given: {
  readonly isRoot: boolean;
  readonly home: string;
  readonly xdgDataHome: string | undefined;
}): string {
  if (given.isRoot) return '/var/lib/forkscope';
  const base = given.xdgDataHome?.startsWith('/') ? given.xdgDataHome : join(given.home, '.local', 'share');
  return join(base, 'forkscope');
}
