import type { BlockFact } from '../../chains/forks/chainSplit.ts';
import { isRecord, parseQuantity } from './parseNode.ts';
import type { RpcClient } from './rpcClient.ts';

/** Most heights asked of one node at once. */
const maxFactHeights = 64;

/**
 * Which block a node has at each height, for the judge of chain splits. Members of permissioned chains close before
 * Hello, so this is the only source of their facts. On a private network each node is a separate voter: `voter` is its
 * name. A missing height or an invalid answer gives no fact.
 */
export async function readBlockFacts(client: RpcClient, heights: readonly bigint[]): Promise<readonly BlockFact[]> {
  const asked = heights.slice(0, maxFactHeights);
  const answers = await client.ask(
    asked.map((height) => ({ method: 'eth_getBlockByNumber', params: [`0x${height.toString(16)}`, false] })),
  );
  const { name } = client.endpoint;
  return asked.flatMap((height, index): BlockFact[] => {
    const answer = answers[index];
    if (answer === undefined || !('result' in answer) || !isRecord(answer.result)) return [];
    const { number, hash } = answer.result;
    const hex = typeof hash === 'string' ? /^0x([0-9a-f]{64})$/i.exec(hash)?.[1]?.toLowerCase() : undefined;
    const said = parseQuantity(number);
    if (hex === undefined || said === null || BigInt(said) !== height) return [];
    return [{ node: name, voter: name, height, hash: hex, forged: false, source: 'rpc' }];
  });
}
