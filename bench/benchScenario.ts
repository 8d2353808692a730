import { parseScenario, type Scenario } from '../lib/scenarioFile.ts';

export interface BenchNetwork {
  readonly nodes: number;
  readonly seed: number;
  /** Dead IDs in the tables per live node. */
  readonly deadPerLive: number;
  /** ms, one way: the least, and up to this much more. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  /** Share of the live nodes that name only nodes that do not exist. */
  readonly hostile: number;
  /** Nobody listens on TCP, so that what the crawler spends is spent on discovery and on the database. */
  readonly udpOnly?: boolean;
  /** Of each kind a third speaks discv4 alone, a third discv5 alone, a third both. */
  readonly mix?: boolean;
}

/** Shares of a mixed network: half of the live nodes listen on TCP, and of those four in five are full. */
const kinds = [
  { name: 'geth-open', share: 0.05, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', reachability: 'full' },
  { name: 'geth-busy', share: 0.3, client: 'Geth/v1.17.4-stable-5e6f7a8b/linux-amd64/go1.25.1', reachability: 'busy' },
  { name: 'besu', share: 0.08, client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21', reachability: 'full' },
  { name: 'reth', share: 0.07, client: 'reth/v2.1.0-7b3432d/x86_64-unknown-linux-gnu', reachability: 'full' },
  {
    name: 'nethermind',
    share: 0.1,
    client: 'Nethermind/v1.39.0+0068729c/linux-x64/dotnet10.0.1',
    reachability: 'full',
  },
  {
    name: 'geth-closed',
    share: 0.4,
    client: 'Geth/v1.16.9-stable-9c8d7e6f/linux-amd64/go1.24.2',
    reachability: 'udpOnly',
  },
] as const;

/** A network of this many live nodes, one in ten on mainnet's fork, with dead IDs beside them. */
export function benchScenario(options: BenchNetwork): Scenario {
  const { nodes: live, latencyMs, jitterMs, loss } = options;
  const way = { latency: `${latencyMs}ms`, jitter: `${jitterMs}ms`, loss };
  const hostile = Math.round(live * options.hostile);
  const honest = live - hostile;
  const groups: Group[] = [];
  let left = honest;
  for (const [index, { share, ...kind }] of kinds.entries()) {
    const count = index === kinds.length - 1 ? left : Math.min(left, Math.round(honest * share));
    left -= count;
    const reachability = options.udpOnly ? 'udpOnly' : kind.reachability;
    if (count > 0)
      groups.push({ ...kind, reachability, count, network: index % 2 === 0 ? 'mainnet' : 'sepolia', ...way });
  }
  if (hostile > 0) {
    const client = 'Geth/v1.13.0-stable/linux-amd64/go1.21.0';
    const about = { client, network: 'mainnet', reachability: 'udpOnly', neighbours: 'forged' };
    groups.push({ name: 'forgers', count: hostile, ...about, ...way });
  }
  const dead = Math.round(live * options.deadPerLive);
  if (dead > 0) groups.push({ name: 'dead', count: dead, client: 'none', network: 'mainnet', reachability: 'dead' });
  const nodes = options.mix ? groups.flatMap(inThirds) : groups;
  const text = JSON.stringify({ version: 1, seed: options.seed, title: 'bench', nodes });
  return parseScenario(text, 'the scenario of the bench');
}

type Group = { readonly name: string; readonly count: number } & Readonly<Record<string, unknown>>;

function inThirds({ name, count, ...kind }: Group): Group[] {
  const third = Math.floor(count / 3);
  return (
    [
      ['discv4', third],
      ['discv5', third],
      ['both', count - 2 * third],
    ] as const
  ).flatMap(([speaks, part]) => (part === 0 ? [] : { ...kind, name: `${name}-${speaks}`, count: part, speaks }));
}
