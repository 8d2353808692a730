import { join } from 'node:path';
import { readCrawlerConfig } from '../../crawler/config.ts';
import { formatDuration, parseDuration } from '../../lib/duration.ts';
import { countOf } from '../../lib/plural.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';
import { commandServer } from './commandServer.ts';

const mostNodes = 40_000;
const scores = ['1', '2', '3'];

export const listFlags: Command['flags'] = {
  domain: { summary: 'dns: Name below which the list will be found, such as nodes.example.org.', value: 'NAME' },
  'min-age': {
    summary: 'dns: Only nodes that answered this long after they were first heard of (default: 6h).',
    value: 'DURATION',
  },
  'min-score': {
    summary: 'dns: Only nodes that within 24 h were 1 alive, 2 reachable, 3 identified (default: 2).',
    value: 'N',
  },
  limit: { summary: 'dns: The best so many: by score, then by age (default: 3000).', value: 'N' },
  links: { summary: 'dns: Other lists to name in it, separated by commas.', value: 'URLS' },
  'sign-key': {
    summary:
      'dns: File with the key that signs it, 64 hex digits; made, for you alone to read, where there is none (default: dns.key in the data directory).',
    value: 'FILE',
  },
};

/** Writes a signed list of nodes for DNS (EIP-1459) into a folder. */
export async function exportList(context: CommandContext, folder: string): Promise<number> {
  const { flags } = context;
  const domain = readDomain(flags.domain);
  const minAgeMs = readAge(flags['min-age']);
  const minScore = readNumber(flags['min-score'], '--min-score', scores, 2);
  const limit = readLimit(flags.limit);
  const config = readCrawlerConfig(context.configFlags);
  const { findNetworks } = await import('../../crawler/selectNetworks.ts');
  const networks = findNetworks(config).watched.map(({ slug }) => slug);
  const { chooseCurve } = await import('../../p2p/wire/secp256k1.ts');
  const { systemRandom } = await import('../../p2p/net/systemRandom.ts');
  const { loadTreeKey } = await import('../../crawler/publish/treeKey.ts');
  const { publishTree } = await import('../../crawler/publish/publishTree.ts');
  const { selectListed } = await import('../../crawler/publish/selectListed.ts');
  const curve = await chooseCurve();
  const links = readLinks(flags.links, curve, (await import('../../p2p/wire/dnsTree.ts')).parseTreeLink);
  const { open } = commandServer(context);
  await using server = await open();
  const { databaseAt } = await import('../../sql/database.ts');
  const sql = databaseAt(server.url).connect({ max: 1, applicationName: 'forkscope export' });
  const now = Date.now();
  const { entries, misplaced } = await selectListed(sql, curve, { networks, minAgeMs, minScore, limit }, now).finally(
    () => sql.end({ timeout: 5 }),
  );
  if (entries.length === 0) {
    context.stderr(
      `no node of ${networks.join(', ')} passes: with a signed record that names its address, score ${minScore} or more within 24 h, and an age of ${formatDuration(minAgeMs)}. Let a crawl run longer, or give --networks, --min-score, --min-age. Nothing was written\n`,
    );
    return 1;
  }
  const keyFile = typeof flags['sign-key'] === 'string' ? flags['sign-key'] : join(config.dataDir, 'dns.key');
  const key = loadTreeKey(keyFile, curve, () => systemRandom.bytes(32));
  if (key.isNew)
    context.stderr(
      `${keyFile}: a key was made. Keep it: whoever follows the list knows it by this key, and another one makes another list\n`,
    );
  const published = publishTree(curve, key.privateKey, { folder, domain, entries, links, now });
  const nodes = countOf(entries.length, { one: 'node', other: 'nodes' });
  const left =
    misplaced === 0
      ? ''
      : `; ${misplaced} left out whose record names another address or TCP port, or one of an inner network`;
  context.stdout(
    published.isUnchanged
      ? `${folder}: as it was, number ${published.seq}, ${nodes}${left}\n`
      : `${folder}: ${nodes} in ${published.texts} TXT records, number ${published.seq}${left}. txt.json and zone.txt are for name servers; it is ${published.url}\n`,
  );
  return 0;
}

function readDomain(given: string | boolean | undefined): string {
  const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?';
  const domain = typeof given === 'string' ? given.toLowerCase().replace(/\.$/, '') : '';
  // Names of entries stand before it: 27 characters.
  if (!new RegExp(`^${label}(\\.${label})+$`).test(domain) || domain.length > 200)
    throw new UsageError(
      'export dns needs --domain with the name below which the list will be found, such as nodes.example.org',
    );
  return domain;
}

function readAge(given: string | boolean | undefined): number {
  const ms = typeof given === 'string' ? parseDuration(given) : 6 * 3_600_000;
  if (ms === null || ms < 0) throw new UsageError(`--min-age takes a duration such as 6h, not "${given}"`);
  return ms;
}

function readNumber(given: string | boolean | undefined, flag: string, known: readonly string[], or: number): number {
  if (typeof given !== 'string') return or;
  if (!known.includes(given)) throw new UsageError(`${flag} takes one of ${known.join(', ')}, not "${given}"`);
  return Number(given);
}

function readLimit(given: string | boolean | undefined): number {
  if (typeof given !== 'string') return 3_000;
  const limit = /^\d{1,6}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > mostNodes)
    throw new UsageError(`--limit takes a whole number from 1 to ${mostNodes}, not "${given}"`);
  return limit;
}

function readLinks<C>(
  given: string | boolean | undefined,
  curve: C,
  parse: (curve: C, text: string) => unknown,
): string[] {
  if (typeof given !== 'string' || given === '') return [];
  const links = given.split(',').map((text) => text.trim());
  for (const link of links) {
    try {
      parse(curve, link);
    } catch {
      throw new UsageError(`--links takes lists in DNS such as enrtree://KEY@nodes.example.org, not "${link}"`);
    }
  }
  return links;
}
