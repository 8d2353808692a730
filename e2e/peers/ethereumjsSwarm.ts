/** Starts real EthereumJS peers, each in a process of its own on an address of its own, with a known topology. */

import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { type Curve, chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { endChild } from '../../testkit/endChild.ts';
import type { PeerSpec } from './ethereumjsPeer.ts';

export interface SwarmPeer extends Omit<PeerSpec, 'knows' | 'dials'> {
  /** Public key, 128 hex digits. */
  readonly id: string;
  readonly enode: string;
}

export interface Swarm extends AsyncDisposable {
  readonly peers: readonly SwarmPeer[];
}

const genesis = {
  mainnet: 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
  sepolia: '25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9',
  holesky: 'b5f7f912443c940f21fd611f12828d75b534364ed9e95ca4e307729a4661bde4',
  hoodi: 'bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b',
} as const;

/** Network, hardfork: what EthereumJS 10.0.0 announces for them stands in the test that uses the swarm. */
const kinds = [
  ['mainnet', 'prague'],
  ['mainnet', 'prague'],
  ['mainnet', 'cancun'],
  ['mainnet', 'london'],
  ['sepolia', 'prague'],
  ['holesky', 'prague'],
] as const;

/**
 * `count` peers on 127.`second`.0.1 … in a ring with chords: each knows the next one and two more, so that a crawl from
 * the first must walk to find the last. Resolves when all are bound.
 */
export async function startSwarm(options: {
  readonly count: number;
  readonly second: number;
  readonly knows?: (index: number) => PeerSpec['knows'];
  readonly dials?: (index: number) => PeerSpec['dials'];
}): Promise<Swarm> {
  const curve = await chooseCurve();
  const peers = Array.from({ length: options.count }, (_, index) => describePeer(curve, index, options.second));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => endChild(child)));
  };
  try {
    await Promise.all(
      peers.map((peer, index) => {
        const ring = [1, 3, 7].map((step) => peers[(index + step) % peers.length]).filter((node) => node !== undefined);
        const knows = [...ring, ...(options.knows?.(index) ?? [])];
        return startPeer(children, { ...peer, knows, dials: options.dials?.(index) ?? [] });
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { peers, [Symbol.asyncDispose]: stop };
}

function describePeer(curve: Curve, index: number, second: number): SwarmPeer {
  const key = createHash('sha256').update(`forkscope swarm ${second} ${index}`).digest();
  const id = bytesToHex(curve.publicKey(key));
  const [network, hardfork] = kinds[index % kinds.length] ?? kinds[0];
  const ip = `127.${second}.0.${index + 1}`;
  return {
    key: key.toString('hex'),
    id,
    ip,
    port: 30303,
    enode: `enode://${id}@${ip}:30303`,
    clientName: `EthereumJS-swarm/v1.${index}.0/linux-x64/node20`,
    network,
    hardfork,
    genesisHash: genesis[network],
  };
}

async function startPeer(children: ChildProcess[], spec: PeerSpec): Promise<void> {
  const script = fileURLToPath(new URL('./ethereumjsPeer.js', import.meta.url));
  const child = fork(script, [JSON.stringify(spec)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  children.push(child);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('ready')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`peer ${spec.ip} ended with ${code}: ${errors}`)));
  });
}
