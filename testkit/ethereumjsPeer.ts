/**
 * A child process: one real @ethereumjs/devp2p RLPx peer on loopback. Forked with one JSON argument
 * (EthereumjsPeerOptions); tells its parent what happens by messages (EthereumjsPeerEvent) and dials on demand.
 */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { ETH, RLPx } from '@ethereumjs/devp2p';

export interface EthereumjsPeerOptions {
  readonly ip: string;
  readonly port: number;
  /** Hex of 32 bytes. */
  readonly privateKey: string;
  readonly clientName: string;
  readonly maxPeers: number;
}

export interface EthereumjsDial {
  readonly id: string;
  readonly ip: string;
  readonly port: number;
}

export type EthereumjsPeerEvent =
  | { readonly type: 'ready'; readonly id: string }
  | { readonly type: 'hello'; readonly clientName: string; readonly capabilities: readonly string[] }
  | { readonly type: 'status'; readonly ethVersion: number; readonly genesisHash: string; readonly networkId: string }
  | { readonly type: 'removed'; readonly reason: number; readonly byUs: boolean };

const options: EthereumjsPeerOptions = JSON.parse(process.argv[2] ?? '{}');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
function tell(event: EthereumjsPeerEvent): void {
  process.send?.(event);
}

const genesisHash = bytes('d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3');
const rlpx = new RLPx(bytes(options.privateKey), {
  // Passive: no discovery, so it says only what it is asked.
  dpt: null,
  maxPeers: options.maxPeers,
  capabilities: [ETH.eth66, ETH.eth67, ETH.eth68],
  common: new Common({ chain: Mainnet, hardfork: Hardfork.Prague }),
  listenPort: options.port,
  clientId: new TextEncoder().encode(options.clientName),
});
rlpx.events.on('error', () => {});
rlpx.events.on('peer:error', () => {});
rlpx.events.on('peer:removed', (_peer, reason, byUs) => tell({ type: 'removed', reason, byUs: byUs === true }));
rlpx.events.on('peer:added', (peer) => {
  const hello = peer.getHelloMessage();
  if (hello !== null) {
    tell({
      type: 'hello',
      clientName: String(hello.clientId),
      capabilities: hello.capabilities.map(({ name, version }) => `${name}/${version}`),
    });
  }
  const [eth] = peer.getProtocols();
  if (!(eth instanceof ETH)) return;
  eth.events.once('status', (status) =>
    tell({
      type: 'status',
      ethVersion: eth.getVersion(),
      genesisHash: hex(status.genesisHash),
      networkId: status.chainId instanceof Uint8Array ? hex(status.chainId) : 'list',
    }),
  );
  eth.sendStatus({ td: Uint8Array.of(1), bestHash: genesisHash, genesisHash });
});
process.on('message', (dial: EthereumjsDial) => {
  void rlpx.connect({ id: bytes(dial.id), address: dial.ip, tcpPort: dial.port }).catch(() => {});
});
process.on('disconnect', () => process.exit(0));
rlpx.listen(options.port, options.ip);
rlpx.events.once('listening', () => tell({ type: 'ready', id: hex(rlpx.id) }));
