import { isRecord, type RawAnswer } from './parseNode.ts';
import type { RpcClient } from './rpcClient.ts';

/** Which chain a cluster keeps: what it is, whatever the operator calls it. */
export interface ChainIdentity {
  /** 64 lower-case hex digits. */
  readonly genesisHash: string;
  /** Unsigned 64-bit, decimal. */
  readonly networkId: string;
}

/** Asks a member which chain it keeps. Null when it does not say. */
export async function readIdentity(client: RpcClient): Promise<ChainIdentity | null> {
  const [genesis, network] = await client.ask([
    { method: 'eth_getBlockByNumber', params: ['0x0', false] },
    { method: 'net_version' },
  ]);
  return parseIdentity(genesis, network);
}

/** From the answers to eth_getBlockByNumber(0) and net_version. */
export function parseIdentity(genesis: RawAnswer | undefined, network: RawAnswer | undefined): ChainIdentity | null {
  if (genesis === undefined || !('result' in genesis) || !isRecord(genesis.result)) return null;
  if (network === undefined || !('result' in network) || typeof network.result !== 'string') return null;
  const { hash } = genesis.result;
  const genesisHash = typeof hash === 'string' ? /^0x([0-9a-f]{64})$/i.exec(hash)?.[1]?.toLowerCase() : undefined;
  if (genesisHash === undefined || !/^\d{1,20}$/.test(network.result)) return null;
  const networkId = BigInt(network.result);
  return networkId < 1n << 64n ? { genesisHash, networkId: networkId.toString() } : null;
}
