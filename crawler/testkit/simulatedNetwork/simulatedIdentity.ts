import { parseIp } from '../../../lib/ipAddress.ts';
import type { ScenarioNodeGroup } from '../../../lib/scenarioFile.ts';
import { loadBuiltinNetworks } from '../../networks/loadNetworks.ts';
import type { Network } from '../../networks/networkFile.ts';
import { ethEntry, signEnr } from '../../wire/enr.ts';
import type { EthStatus, EthVersion } from '../../wire/ethStatus.ts';
import { type ForkId, forkSteps, passedForks } from '../../wire/forkId.ts';
import type { Curve } from '../../wire/secp256k1.ts';
import type { FakeEthPeerConfig } from '../fakeEthPeer.ts';
import { listensOnTcp, simulatedPort } from './networkPlan.ts';

export type DiscoveryKind = NonNullable<ScenarioNodeGroup['discovery']>;

/** Whose discv4 a group speaks. */
export function discoveryOf({ discovery, client }: ScenarioNodeGroup): DiscoveryKind {
  if (discovery !== undefined) return discovery;
  const name = client.toLowerCase();
  return (['besu', 'reth', 'nethermind'] as const).find((kind) => name.startsWith(kind)) ?? 'geth';
}

/** The networks that a scenario may name. Throws RangeError for another. */
export function scenarioNetworks(groups: readonly ScenarioNodeGroup[]): ReadonlyMap<string, Network> {
  const all = new Map(loadBuiltinNetworks().map((network) => [network.slug, network]));
  for (const { network } of groups) if (!all.has(network)) throw new RangeError(`there is no network ${network}`);
  return all;
}

const headAfterAllBlocks = 0xffff_ffff_ffff_ffffn;

/** What nodes of the group announce at `now` (ms). */
export function forkIdOf({ forkId }: ScenarioNodeGroup, network: Network, now: number): ForkId {
  if (typeof forkId !== 'string')
    return { hash: Uint8Array.from(Buffer.from(forkId.hash.slice(2), 'hex')), next: forkId.next };
  const steps = forkSteps(network.schedule);
  const time = BigInt(Math.floor(now / 1_000));
  const passed = passedForks(network.schedule, { block: headAfterAllBlocks, time }) - (forkId === 'behind' ? 1 : 0);
  const hash = network.forkHashes[passed];
  if (hash === undefined) throw new RangeError(`${network.slug} has no fork to be behind of`);
  return { hash, next: forkId === 'unprepared' ? 0n : (steps[passed] ?? 0n) };
}

/** The record that a node hands out, encoded. */
export function recordOf(
  curve: Curve,
  privateKey: Uint8Array,
  ip: string,
  group: ScenarioNodeGroup,
  forkId: ForkId,
): Uint8Array {
  return signEnr(curve, privateKey, {
    seq: 1n,
    pairs: {
      ip: parseIp(ip) ?? undefined,
      udp: simulatedPort,
      tcp: listensOnTcp(group) ? simulatedPort : undefined,
      eth: ethEntry(forkId.hash, forkId.next),
    },
  }).bytes;
}

/** How a node of the group behaves over RLPx. */
export function peerConfigOf(group: ScenarioNodeGroup, network: Network, forkId: ForkId): FakeEthPeerConfig {
  const version: EthVersion = discoveryOf(group) === 'geth' || discoveryOf(group) === 'reth' ? 69 : 68;
  const status: EthStatus = {
    protocolVersion: version,
    networkId: network.networkId,
    totalDifficulty: version === 68 ? 58_750_003_716_598_352_816_469n : null,
    genesisHash: network.genesisHash,
    headHash: new Uint8Array(32).fill(0xab),
    forkId,
    blockRange: version === 69 ? { earliest: 0n, latest: 24_000_000n } : null,
  };
  const config: FakeEthPeerConfig = { clientName: group.client, version, status };
  switch (group.reachability) {
    case 'busy':
      // geth's Disconnect with "too many peers", in place of its Hello.
      return { ...config, insteadOfHello: [{ code: 0x01, body: Uint8Array.of(0xc1, 0x04) }] };
    case 'silent':
      return { ...config, silentFrom: 'auth' };
    default:
      return config;
  }
}
