/**
 * One real @ethereumjs/devp2p peer (DPT + RLPx + ETH) in a process of its own: `node ethereumjsPeer.js '<PeerSpec>'`.
 * It answers, and with `dials` also dials; its table is filled from the spec, so that the topology is known.
 * Prints `ready` when bound, `{"dialled": …}` when a peer that it dialled answered.
 */
import { Common, Hardfork, Holesky, Hoodi, Mainnet, Sepolia } from '@ethereumjs/common';
import { DPT, ETH, EthMessageCodes, RLPx } from '@ethereumjs/devp2p';
import { bytesToHex, hexToBytes } from '@ethereumjs/util';

export interface PeerSpec {
  readonly key: string;
  readonly ip: string;
  readonly port: number;
  readonly clientName: string;
  readonly network: 'mainnet' | 'sepolia' | 'holesky' | 'hoodi';
  readonly hardfork: string;
  readonly genesisHash: string;
  /** Peers in its table. */
  readonly knows: readonly { readonly id: string; readonly ip: string; readonly port: number }[];
  /** Dialled 200 ms after the start. */
  readonly dials: readonly { readonly id: string; readonly ip: string; readonly port: number }[];
}

const chains = { mainnet: Mainnet, sepolia: Sepolia, holesky: Holesky, hoodi: Hoodi };

const spec = JSON.parse(process.argv[2] ?? '') as PeerSpec;
const hardfork = Object.values(Hardfork).find((name) => name === spec.hardfork) ?? Hardfork.Prague;
const common = new Common({ chain: chains[spec.network], hardfork });
const key = hexToBytes(`0x${spec.key}`);
const endpoint = { address: spec.ip, udpPort: spec.port, tcpPort: spec.port };
const dpt = new DPT(key, { endpoint, common, shouldFindNeighbours: false, refreshInterval: 3_600_000 });
const rlpx = new RLPx(key, {
  dpt: null as unknown as DPT,
  maxPeers: 50,
  capabilities: [ETH.eth66, ETH.eth67, ETH.eth68],
  common,
  listenPort: spec.port,
  clientId: new TextEncoder().encode(spec.clientName),
});
const genesisHash = hexToBytes(`0x${spec.genesisHash}`);
dpt.events.on('error', () => {});
rlpx.events.on('error', () => {});
rlpx.events.on('peer:error', () => {});
rlpx.events.on('peer:added', (peer) => {
  const eth = peer.getProtocols()[0];
  if (!(eth instanceof ETH)) return;
  eth.events.once('status', () => {
    console.log(JSON.stringify({ status: bytesToHex(peer.getId() ?? new Uint8Array()) }));
  });
  // It has no blocks, and says so, as a whole client would: the library leaves answers to who uses it.
  eth.events.on('message', (code, payload) => {
    if (code !== EthMessageCodes.GET_BLOCK_HEADERS || !Array.isArray(payload)) return;
    eth.sendMessage(EthMessageCodes.BLOCK_HEADERS, [payload[0], []]);
  });
  eth.sendStatus({ td: hexToBytes('0x01'), bestHash: genesisHash, genesisHash });
});
for (const node of spec.knows) {
  // The table is private in the library; filling it directly is what keeps the topology known and the peers quiet.
  const table = (dpt as unknown as { _kbucket: { add(peer: object): void } })._kbucket;
  table.add({ id: hexToBytes(`0x${node.id}`), address: node.ip, udpPort: node.port, tcpPort: node.port });
}
dpt.bind(spec.port, spec.ip);
rlpx.listen(spec.port, spec.ip);
setTimeout(() => {
  for (const node of spec.dials) {
    rlpx
      .connect({ id: hexToBytes(`0x${node.id}`), address: node.ip, tcpPort: node.port })
      .catch((error: Error) => console.log(JSON.stringify({ dialFailed: error.message })));
  }
}, 200);
process.on('disconnect', () => process.exit(0));
console.log('ready');
