import { isRecord, lowerOwn } from './genesisFile.ts';

const instead = 'give the genesis.json that the nodes were started with, or write a network file with its genesisHash';

/**
 * What a file is that lies beside genesis files and is none, with what to do; null if it may be one.
 * A sentence, to stand after the file's name.
 */
export function nameOtherFormat(json: unknown): string | null {
  if (Array.isArray(json)) {
    return json.some((item) => typeof item === 'string' && /^en(ode|r):/.test(item))
      ? `is a list of nodes, such as static-nodes.json; give the genesis.json, and the nodes by --bootnode-urls`
      : `is a JSON array; ${instead}`;
  }
  if (!isRecord(json)) return null;
  const file = lowerOwn(json);
  const { genesis, config } = file;
  if (isRecord(config)) return null;
  if (isRecord(genesis) && isRecord(file.blockchain)) {
    return (
      'is the configuration of `besu operator generate-blockchain-config`, whose genesis has no validators yet (extraData); ' +
      'give the genesis.json that the command wrote'
    );
  }
  if (isRecord(file.engine) && isRecord(file.params)) {
    return `is a chain specification of Parity, OpenEthereum or Nethermind, which Forkscope does not read; ${instead}`;
  }
  if (isRecord(genesis) && isRecord(lowerOwn(genesis).config)) {
    return "holds a genesis file under genesis, as Bor's chain files do; give that part as a file of its own";
  }
  if (isRecord(genesis) && ('l1' in genesis || 'l2' in genesis)) {
    return `is the rollup configuration of op-node; ${instead}`;
  }
  if (isRecord(genesis)) return `is no genesis file of geth or Besu: its genesis has no config; ${instead}`;
  if ('chainid' in file && !('alloc' in file)) {
    return `is a chain configuration alone, without the genesis block (no config, no alloc), as Erigon and Reth keep it; ${instead}`;
  }
  if ('jsonrpc' in file) return `is the answer to a JSON-RPC request; ${instead}`;
  return null;
}
