import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import {
  type Network,
  type NetworkFile,
  NetworkFileError,
  parseNetworkFile,
} from '../../chains/networks/networkFile.ts';
import type { Scenario, ScenarioNetwork } from '../../lib/scenarioFile.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { SimulatedChain, simulatedGenesisTime } from './simulatedChain.ts';
import { hashSimulatedHeader } from './simulatedHeader.ts';

/** A network of a scenario, as its nodes know it, and its chain. */
export interface ScenarioChain {
  readonly network: Network;
  readonly chain: SimulatedChain;
}

export type ChainScenario = Pick<Scenario, 'seed' | 'networks' | 'nodes' | 'faults'>;

const defaultBlockMs = 12_000;
/** How far a known network's head stands beyond its last fork by block. */
const blocksPastForks = 9_000_000n;
/** How many headers below the head a known network's nodes have: what they have beyond that is not made up. */
const headersKept = 600n;

/** The networks that a scenario's nodes are on, by slug. Throws RangeError for one that is neither known nor its own. */
export function scenarioChains(scenario: ChainScenario, startedAt: number): ReadonlyMap<string, ScenarioChain> {
  const builtin = new Map(loadBuiltinNetworks().map((network) => [network.slug, network]));
  const special = new Map(scenario.networks.map((network) => [network.slug, network]));
  const slugs = new Set(scenario.nodes.map(({ network }) => network));
  return new Map(
    [...slugs].map((slug) => {
      const about = special.get(slug) ?? { slug };
      const base = about.own === undefined ? builtin.get(slug) : ownNetwork(scenario.seed, about);
      if (base === undefined) throw new RangeError(`there is no network ${slug}`);
      const network = reschedule(base, scenario, startedAt);
      return [slug, { network, chain: chainOf(network, about, scenario, startedAt) }];
    }),
  );
}

/**
 * Files of the networks that are not as the crawler knows them, by slug: what a user would write to watch them.
 */
export function scenarioNetworkFiles(scenario: ChainScenario, startedAt: number): ReadonlyMap<string, string> {
  const struck = new Set(scenario.faults.flatMap((fault) => (fault.kind === 'forkActivation' ? [fault.network] : [])));
  for (const { slug, own } of scenario.networks) if (own !== undefined) struck.add(slug);
  const files = [...scenarioChains(scenario, startedAt)].filter(([slug]) => struck.has(slug));
  return new Map(files.map(([slug, { network }]) => [slug, JSON.stringify(fileOf(network), null, 2)]));
}

function ownNetwork(seed: number, { slug, own }: Pick<ScenarioNetwork, 'slug' | 'own'>): Network | undefined {
  if (own === undefined) return undefined;
  const { consensus, networkId, forks } = own;
  const genesis = hashSimulatedHeader({
    consensus,
    salt: `${seed} ${slug} 0 0`,
    parentHash: new Uint8Array(32),
    number: 0n,
    timestamp: simulatedGenesisTime,
    vanity: '',
  });
  return parse({
    version: 1,
    slug,
    name: slug,
    networkId: networkId.toString(),
    genesisHash: `0x${bytesToHex(genesis)}`,
    genesisTime: simulatedGenesisTime.toString(),
    forks: forks.map(({ name, block }) => ({ name, block: block.toString() })),
    consensus,
  });
}

/** The network with the scenario's activations in its schedule. */
function reschedule(network: Network, { faults }: ChainScenario, startedAt: number): Network {
  const moved = faults.flatMap((fault) =>
    fault.kind === 'forkActivation' && fault.network === network.slug
      ? [{ name: fault.fork, time: String(Math.ceil((startedAt + fault.at) / 1_000)) }]
      : [],
  );
  if (moved.length === 0) return network;
  const file = fileOf(network);
  const kept = file.forks.filter(({ name }) => !moved.some((fork) => fork.name === name));
  return parse({ ...file, forks: [...kept, ...moved] });
}

function chainOf(
  { slug, consensus, schedule }: Network,
  { own, head, blockTime = defaultBlockMs }: Pick<ScenarioNetwork, 'own' | 'head' | 'blockTime'>,
  { seed, nodes, faults }: ChainScenario,
  startedAt: number,
): SimulatedChain {
  const top = head ?? (schedule.blockForks.at(-1) ?? 0n) + blocksPastForks;
  const lowest = top > headersKept ? top - headersKept : 1n;
  const makers = nodes.filter(({ network }) => network === slug).map(({ client }) => client);
  return new SimulatedChain({
    seed,
    slug,
    consensus,
    first: own === undefined ? lowest : 0n,
    head: top,
    startedAt,
    blockMs: blockTime,
    makers: [...new Set(makers)].sort(),
    branches: faults.flatMap((fault) => (fault.kind === 'chainSplit' && fault.network === slug ? [fault.height] : [])),
  });
}

function fileOf(network: Network): NetworkFile {
  const { slug, name, networkId, genesisHash, genesisTime, forks, consensus } = network;
  return {
    version: 1,
    slug,
    name,
    networkId: networkId.toString(),
    genesisHash: `0x${bytesToHex(genesisHash)}`,
    genesisTime: genesisTime.toString(),
    forks: forks.map((fork) => ({
      name: fork.name,
      ...(fork.kind === 'block' ? { block: fork.at.toString() } : { time: fork.at.toString() }),
    })),
    consensus,
  };
}

function parse(file: NetworkFile): Network {
  const parsed = parseNetworkFile(JSON.stringify(file), `the scenario's ${file.slug}`);
  if ('problems' in parsed) throw new NetworkFileError(parsed.problems);
  return parsed.network;
}
