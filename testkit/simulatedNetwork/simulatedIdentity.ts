import { farFutureEpoch } from '../../chains/networks/forkDigest.ts';
import { consensusOf, stepsAt } from '../../chains/networks/recordKind.ts';
import { parseIp } from '../../lib/ipAddress.ts';
import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import type { SocketAddress } from '../../p2p/ports.ts';
import { ethEntry, signEnr } from '../../p2p/wire/enr.ts';
import type { GetBlockHeaders } from '../../p2p/wire/ethMessages.ts';
import type { EthStatus, EthVersion } from '../../p2p/wire/ethStatus.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { asBytes, asList } from '../../p2p/wire/reader.ts';
import { decodeRlp, encodeRlp, type RlpInput } from '../../p2p/wire/rlp.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { FakeEthPeerConfig } from '../fakeEthPeer.ts';
import { namesTcp } from './networkPlan.ts';
import type { ScenarioChain } from './scenarioChains.ts';
import type { ChainView, SimulatedChain } from './simulatedChain.ts';
import type { NodePhase } from './simulatedWorld.ts';

export type DiscoveryKind = NonNullable<ScenarioNodeGroup['discovery']>;

/** The client whose discv4 a group imitates. */
export function discoveryOf({ discovery, client }: ScenarioNodeGroup): DiscoveryKind {
  if (discovery !== undefined) return discovery;
  const name = client.toLowerCase();
  return (['besu', 'reth', 'nethermind'] as const).find((kind) => name.startsWith(kind)) ?? 'geth';
}

/** The record that a node hands out, encoded. */
export function recordOf(
  curve: Curve,
  privateKey: Uint8Array,
  { ip, port }: SocketAddress,
  group: ScenarioNodeGroup,
  { forkId, seq }: Pick<NodePhase, 'forkId' | 'seq'>,
  startedAt: number,
): Uint8Array {
  return signEnr(curve, privateKey, {
    seq,
    pairs: {
      ip: parseIp(ip) ?? undefined,
      udp: port,
      tcp: namesTcp(group) ? port : undefined,
      ...(group.layer === 'consensus' ? consensusEntries(group, startedAt) : { eth: ethEntry(forkId) }),
    },
  }).bytes;
}

/** What a beacon node says of itself: the step that its network is on, and the next one if it is ready for it. */
function consensusEntries({ network: slug, forkId }: ScenarioNodeGroup, now: number): Record<string, RlpInput> {
  const network = consensusOf(slug);
  if (network === null) throw new RangeError(`no beacon chain is known for ${slug}`);
  const { current, next } = stepsAt(network, now);
  const knows = forkId === 'ready' ? next : null;
  const eth2 = new Uint8Array(16);
  eth2.set(current?.digest ?? [], 0);
  eth2.set(knows?.version ?? current?.version ?? [], 4);
  new DataView(eth2.buffer).setBigUint64(8, knows === null ? farFutureEpoch : BigInt(knows.epoch), true);
  return {
    eth2,
    attnets: new Uint8Array(8),
    syncnets: new Uint8Array(1),
    cgc: 4,
    nfd: knows?.digest ?? new Uint8Array(4),
  };
}

/** How a node of the group behaves over RLPx in a session that begins now. */
export function peerConfigOf(
  group: ScenarioNodeGroup,
  { network, chain }: ScenarioChain,
  { client, forkId }: Pick<NodePhase, 'client' | 'forkId'>,
  view: ChainView,
): FakeEthPeerConfig {
  const version = ethVersionOf(group);
  const { head } = view;
  const first = chain.plan.first < head ? chain.plan.first : head;
  const status: EthStatus = {
    protocolVersion: version,
    networkId: network.networkId,
    totalDifficulty: version <= 68 ? 58_750_003_716_598_352_816_469n : null,
    genesisHash: network.genesisHash,
    headHash: head === 0n ? network.genesisHash : chain.hashOf(view.branch, head),
    forkId,
    blockRange: version >= 69 ? { earliest: first, latest: head } : null,
  };
  const config: FakeEthPeerConfig = {
    clientName: client,
    version,
    status,
    answerHeaders: (request) => answerHeaders(group, chain, view, request),
  };
  switch (group.reachability) {
    case 'busy':
      // geth's Disconnect with "too many peers", in place of its Hello.
      return { ...config, insteadOfHello: [{ code: 0x01, body: Uint8Array.of(0xc1, 0x04) }] };
    case 'silent':
      return { ...config, silentFrom: 'auth' };
    default:
      return group.headers === 'silent' ? { ...config, silentFrom: 'headers' } : config;
  }
}

/** GoQuorum stopped at eth/66; of the others those that speak eth/69. */
function ethVersionOf(group: ScenarioNodeGroup): EthVersion {
  if (/quorum/i.test(group.client)) return 66;
  const kind = discoveryOf(group);
  return kind === 'geth' || kind === 'reth' ? 69 : 68;
}

function answerHeaders(
  { headers }: ScenarioNodeGroup,
  chain: SimulatedChain,
  view: ChainView,
  request: GetBlockHeaders,
): Uint8Array[] {
  switch (headers) {
    case 'empty':
    case 'silent':
      return [];
    case 'forged':
      // All tell the same lie: if believed, it would make them a side.
      return chain.find(view, request).map((raw, i) => (i === 0 ? raw : withOtherParent(raw)));
    case 'otherHeight': {
      const start = typeof request.start === 'bigint' ? request.start + 1n : request.start;
      return chain.find(view, { ...request, start }).map(withOtherParent);
    }
    default:
      return chain.find(view, request);
  }
}

function withOtherParent(raw: Uint8Array): Uint8Array {
  const fields = asList(decodeRlp(raw), { min: 15, extra: 'ignore' });
  return encodeRlp(fields.with(0, keccak256(asBytes(fields[8], { max: 8 }))));
}
