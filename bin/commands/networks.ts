import { apiDefinition } from '../../api/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import type { Network } from '../../crawler/networks/networkFile.ts';
import { commonFields } from '../../lib/commonConfig.ts';
import type { Command } from '../command.ts';

interface Row {
  readonly slug: string;
  readonly name: string;
  readonly networkId: string;
  readonly genesisHash: string;
  readonly forkHash: string;
  /** Announced as `next`; null = none is scheduled. */
  readonly next: { readonly name: string; readonly kind: 'block' | 'time'; readonly at: string } | null;
  readonly watched: boolean;
}

export const networksCommand: Command = {
  name: 'networks',
  summary: 'List the networks that are known, and check network files of your own.',
  operands: null,
  configs: { networks: commonFields },
  flags: { json: { summary: 'Answer with one JSON array.', value: null } },
  async run(context) {
    const config = readCrawlerConfig(context.configFlags, [crawlerDefinition, apiDefinition]);
    const { loadBuiltinNetworks, loadNetworkFiles } = await import('../../crawler/networks/loadNetworks.ts');
    const { forkIdAt } = await import('../../crawler/wire/forkId.ts');
    const { bytesToHex } = await import('../../crawler/wire/bytes.ts');
    const time = BigInt(Math.floor(Date.now() / 1_000));
    const describe = (network: Network, watched: boolean): Row => {
      // Its head is not known here: forks by block are taken as passed, which all of the shipped ones are.
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
      };
    };
    const rows = [
      ...loadBuiltinNetworks().map((network) => describe(network, config.networks.includes(network.slug))),
      ...loadNetworkFiles(config.networkFiles).map((network) => describe(network, true)),
    ];
    context.stdout(context.flags.json === true ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));
    return 0;
  },
};

function table(rows: readonly Row[]): string {
  const cells = [
    ['', 'network', 'id', 'fork hash', 'next fork', 'genesis'],
    ...rows.map((row) => [
      row.watched ? '*' : '',
      row.slug,
      row.networkId,
      row.forkHash,
      nextText(row),
      row.genesisHash,
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n\n* is watched\n`;
}

function nextText({ next }: Row): string {
  if (next === null) return '–';
  const when =
    next.kind === 'block'
      ? `block ${next.at}`
      : new Date(Number(next.at) * 1_000).toISOString().slice(0, 16).concat('Z');
  return `${next.name}, ${when}`;
}
