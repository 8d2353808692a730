import { apiDefinition } from '../../api/config.ts';
import type { Network, NetworkFork } from '../../chains/networks/networkFile.ts';
import { raftDefinition } from '../../consortium/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { commonFields } from '../../lib/commonConfig.ts';
import { countOf } from '../../lib/plural.ts';
import { toSeconds } from '../../lib/time.ts';
import type { AddNetworkOptions } from './addNetwork.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';

interface Row {
  readonly slug: string;
  readonly name: string;
  readonly networkId: string;
  readonly genesisHash: string;
  readonly forkHash: string;
  /** Announced as `next`; null = none is scheduled. */
  readonly next: { readonly name: string; readonly kind: 'block' | 'time'; readonly at: string } | null;
  readonly watched: boolean;
  /** The day from which on nobody is expected to run it; null while it lives. */
  readonly ended: string | null;
  /** A file of the data directory stands in for the one of the package. */
  readonly updated: boolean;
}

export const networksCommand: Command = {
  name: 'networks',
  summary: 'List the known networks, add one of your own (add genesis.json), or give one newer forks (update FILE).',
  operands: '[add FILE | update FILE]',
  configs: { networks: commonFields },
  flags: {
    json: { summary: 'Print JSON.', value: null },
    slug: {
      summary:
        'With add: its short name (default chain-<chain id>). With update: the network, if the file does not say.',
      value: 'SLUG',
    },
    name: { summary: 'With add: its display name.', value: 'TEXT' },
    'network-id': { summary: 'With add: its network ID, if it differs from the chain ID.', value: 'NUMBER' },
    consensus: { summary: 'With add: its consensus, if the genesis file does not say.', value: 'KIND' },
    client: {
      summary: 'With add: the client whose rules the genesis file follows (geth, besu, …), where it does not show.',
      value: 'NAME',
    },
    'count-forks': {
      summary: 'With add: keys of the genesis file that count as forks although Forkscope does not know them.',
      value: 'LIST',
    },
    'bootnode-urls': { summary: 'With add: enode:// or enr: URLs to start from, separated by commas.', value: 'LIST' },
    cidrs: {
      summary: 'With add: address ranges of a private network that may be contacted, separated by commas.',
      value: 'LIST',
    },
    replace: {
      summary: 'With add: overwrite a network with the same slug. With update: take a file with fewer forks.',
      value: null,
    },
  },
  async run(context) {
    const [word, ...files] = context.operands;
    if (word === 'add') return add(context, files);
    if (word === 'update') return update(context, files);
    if (word !== undefined) throw new UsageError(`networks takes add FILE or update FILE, not "${word}"`);
    const config = readCrawlerConfig(context.configFlags, [crawlerDefinition, raftDefinition, apiDefinition]);
    const { loadBuiltinNetworks, loadNetworkFiles, updateNetworks } = await import(
      '../../chains/networks/loadNetworks.ts'
    );
    const { forkIdAt } = await import('../../p2p/wire/forkId.ts');
    const { bytesToHex } = await import('../../p2p/wire/bytes.ts');
    const time = toSeconds(Date.now());
    const describe = (network: Network, watched: boolean, updated = false): Row => {
      // The head is not known here, so forks by block are assumed to have passed; all shipped ones have.
      const { hash, next } = forkIdAt(network.schedule, { block: 2n ** 64n - 1n, time });
      const fork = network.forks.find((one) => one.at === next);
      return {
        slug: network.slug,
        name: network.name,
        networkId: String(network.networkId),
        genesisHash: `0x${bytesToHex(network.genesisHash)}`,
        forkHash: `0x${bytesToHex(hash)}`,
        next: fork === undefined ? null : { name: fork.name, kind: fork.kind, at: String(fork.at) },
        watched,
        ended: network.ended,
        updated,
      };
    };
    const shipped = loadBuiltinNetworks();
    const rows = [
      ...updateNetworks(shipped, config.networkUpdates).map((network) =>
        describe(network, config.networks.includes(network.slug), !shipped.includes(network)),
      ),
      ...loadNetworkFiles(config.networkFiles).map((network) => describe(network, true)),
    ];
    context.stdout(context.flags.json === true ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));
    return 0;
  },
};

/** The file that is asked for, and what the flags say about it. */
function readAsked(
  { flags, configFlags }: CommandContext,
  word: 'add' | 'update',
  files: readonly string[],
): { file: string; options: AddNetworkOptions } {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) {
    throw new UsageError(`networks ${word} takes exactly one file, such as genesis.json`);
  }
  const { dataDir } = readCrawlerConfig(configFlags, [crawlerDefinition, raftDefinition, apiDefinition]);
  const text = (name: string): string | null => {
    const value = flags[name];
    return typeof value === 'string' ? value : null;
  };
  const list = (name: string): string[] => (text(name) ?? '').split(',').filter((item) => item !== '');
  const options = {
    dataDir,
    slug: text('slug'),
    name: text('name'),
    networkId: text('network-id'),
    consensus: text('consensus'),
    client: text('client'),
    countForks: list('count-forks'),
    bootnodes: list('bootnode-urls'),
    allowedCidrs: list('cidrs'),
    replace: flags.replace === true,
  };
  return { file, options };
}

async function update(context: CommandContext, files: readonly string[]): Promise<number> {
  const { file, options } = readAsked(context, 'update', files);
  const { updateNetwork } = await import('./updateNetwork.ts');
  const { path, network, added, removed, warnings } = await updateNetwork(file, options);
  for (const warning of warnings) context.stderr(`forkscope: ${warning}\n`);
  const facts = ({ name, kind, at }: NetworkFork) => ({ name, [kind]: String(at) });
  const answer = { slug: network.slug, path, added: added.map(facts), removed: removed.map(facts) };
  const line = (sign: string) => (fork: NetworkFork) =>
    `  ${sign} ${fork.name}, ${activationText(fork.kind, fork.at)}\n`;
  context.stdout(
    context.flags.json === true
      ? `${JSON.stringify(answer, null, 2)}\n`
      : `Updated ${network.slug}: ${path}\n${added.map(line('+')).join('')}${removed.map(line('-')).join('')}` +
          `${added.length + removed.length === 0 ? '  no fork differs\n' : ''}It holds from the next start of forkscope.\n`,
  );
  return 0;
}

async function add(context: CommandContext, files: readonly string[]): Promise<number> {
  const { file, options } = readAsked(context, 'add', files);
  const { addNetwork } = await import('./addNetwork.ts');
  const { bytesToHex } = await import('../../p2p/wire/bytes.ts');
  const { path, network, client, warnings } = await addNetwork(file, options);
  for (const warning of warnings) context.stderr(`forkscope: ${warning}\n`);
  const facts = {
    slug: network.slug,
    path,
    networkId: String(network.networkId),
    genesisHash: `0x${bytesToHex(network.genesisHash)}`,
    ...(client === null ? {} : { client }),
    consensus: network.consensus,
    consensusChanges: network.consensusChanges.map(({ block, consensus }) => ({ block: String(block), consensus })),
    forks: network.forks.map(({ name, kind, at }, index) => ({
      name,
      [kind]: String(at),
      hash: `0x${bytesToHex(network.forkHashes[index + 1] ?? new Uint8Array())}`,
    })),
  };
  context.stdout(
    context.flags.json === true
      ? `${JSON.stringify(facts, null, 2)}\n`
      : `Added ${network.slug}: ${path}\n  genesis ${facts.genesisHash}, ${countOf(network.forks.length, { one: 'fork', other: 'forks' })}, ${consensusText(network)}${client === null ? '' : `; read as ${client} reads it`}\n` +
          'It will be watched from the next start of forkscope.\n',
  );
  return 0;
}

/** `ibft1, qbft from block 100 on`. */
function consensusText({ consensus, consensusChanges }: Network): string {
  return [consensus, ...consensusChanges.map((change) => `${change.consensus} from block ${change.block} on`)].join(
    ', ',
  );
}

function table(rows: readonly Row[]): string {
  const cells = [
    ['', 'network', 'id', 'fork hash', 'next fork', 'genesis', ''],
    ...rows.map((row) => [
      row.watched ? '*' : '',
      row.slug,
      row.networkId,
      row.forkHash,
      nextText(row),
      row.genesisHash,
      [row.ended === null ? '' : `ended ${row.ended}`, row.updated ? 'updated' : '']
        .filter((note) => note !== '')
        .join(', '),
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n\n* = watched\n`;
}

function nextText({ next }: Row): string {
  return next === null ? '–' : `${next.name}, ${activationText(next.kind, BigInt(next.at))}`;
}

function activationText(kind: 'block' | 'time', at: bigint): string {
  if (kind === 'block') return `block ${at}`;
  // Beyond what a date can be, as a genesis file may have it for never.
  if (at > 8_640_000_000_000n) return `time ${at}`;
  return new Date(Number(at) * 1_000).toISOString().slice(0, 16).concat('Z');
}
