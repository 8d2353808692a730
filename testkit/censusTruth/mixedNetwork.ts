import { parseScenario, type Scenario } from '../../lib/scenarioFile.ts';

/** Networks that the crawlers of a mixed network watch; nodes of others are there too. */
export const watchedNetworks: readonly string[] = ['mainnet', 'sepolia'];

/** Seen from the first vantage only, and from the second only; all others from both. */
export const firstOnly: ReadonlySet<string> = new Set(['first-only']);
export const secondOnly: ReadonlySet<string> = new Set(['second-only']);

const geth = 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0';
const older = 'Geth/v1.16.9-stable-9c8d7e6f/linux-amd64/go1.24.2';
const besu = 'besu/v26.8.0/linux-x86_64/openjdk-java-21';
const reth = 'reth/v2.1.0-7b3432d/x86_64-unknown-linux-gnu';
const nethermind = 'Nethermind/v1.39.0+0068729c/linux-x64/dotnet10.0.1';

/** Kinds of nodes by their share, in thousandths; what is left are machines that change their keys. */
const kinds: readonly { readonly name: string; readonly parts: number; readonly [field: string]: unknown }[] = [
  { name: 'stable-geth', parts: 170, client: geth },
  { name: 'stable-besu', parts: 50, client: besu, speaks: 'discv5' },
  { name: 'stable-reth', parts: 50, client: reth, speaks: 'both' },
  { name: 'stable-nethermind', parts: 60, client: nethermind, network: 'sepolia' },
  { name: 'full', parts: 220, client: older, reachability: 'busy' },
  { name: 'first-only', parts: 20, client: geth },
  { name: 'second-only', parts: 20, client: geth },
  { name: 'slow-churn', parts: 60, client: geth, speaks: 'discv5', churn: { up: '12h', down: '8h' } },
  { name: 'slow-churn-full', parts: 30, client: older, reachability: 'busy', churn: { up: '12h', down: '8h' } },
  { name: 'fast-churn', parts: 40, client: reth, churn: { up: '40m', down: '80m' } },
  { name: 'behind-nat', parts: 60, client: geth, calls: '40m' },
  { name: 'lossy', parts: 30, client: nethermind, speaks: 'both', loss: 0.3 },
  { name: 'many-a-machine', parts: 40, client: geth, perIp: 8 },
  { name: 'forgers', parts: 10, client: older, reachability: 'udpOnly', neighbours: 'forged' },
  { name: 'closed', parts: 30, client: older, reachability: 'udpOnly' },
  { name: 'known-chain', parts: 20, client: nethermind, network: 'gnosis' },
  { name: 'strange-chain', parts: 15, client: geth, network: 'strange' },
  { name: 'stale-record', parts: 25, client: besu, record: 'stale' },
  { name: 'at-genesis', parts: 15, client: nethermind, forkId: 'genesis', network: 'sepolia' },
  { name: 'at-shared-genesis', parts: 10, client: geth, forkId: 'genesis' },
  { name: 'behind', parts: 15, client: older, forkId: 'behind' },
  { name: 'no-record', parts: 25, client: reth, record: 'none' },
  { name: 'no-record-full', parts: 10, client: older, record: 'none', reachability: 'busy' },
  { name: 'dead', parts: 30, client: 'none', reachability: 'dead' },
];

/** Not with the censuses' beat. */
const rotationMinutes = 57;

/**
 * About so many nodes of every kind that a crawler meets: those that stay, come and go, refuse, hide behind NAT, lose
 * packets, share an address, change their key, lie, are on other chains, have old records or none.
 */
export function mixedNetwork({ nodes, hours, seed }: { nodes: number; hours: number; seed: number }): Scenario {
  const groups = kinds.map(({ parts, ...kind }) => ({
    count: Math.max(1, Math.round((nodes * parts) / 1_000)),
    ...{ network: 'mainnet', latency: '20ms', jitter: '10ms' },
    ...kind,
  }));
  const rotating = ['rotating-one', 'rotating-two'].map((name) => ({
    ...{ name, count: Math.ceil((hours * 60) / rotationMinutes), client: geth, network: 'mainnet' },
    ...{ rotation: `${rotationMinutes}m`, latency: '20ms', jitter: '10ms' },
  }));
  const strange = { slug: 'strange', own: { consensus: 'pow', networkId: 987_654, forks: [] }, head: 500 };
  const text = JSON.stringify({
    ...{ version: 1, seed, title: 'a mixed network', addresses: 'spread', networks: [strange] },
    nodes: [...groups, ...rotating],
  });
  return parseScenario(text, 'the mixed network');
}
