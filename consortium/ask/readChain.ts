import { type BlockMinter, readBlockMinter } from './blockMinter.ts';
import { BlockMinterError } from './errors.ts';
import type { RpcClient } from './rpcClient.ts';

/**
 * Reads the minters of the given blocks up to the first gap. An unreadable header ends the reading, and its error code is
 * returned with what came before.
 */
export async function readChain(
  client: RpcClient,
  numbers: readonly number[],
): Promise<{ readonly blocks: readonly BlockMinter[]; readonly problem: string | null }> {
  const answers = await client.ask(
    numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [`0x${number.toString(16)}`, false] })),
  );
  const blocks: BlockMinter[] = [];
  for (const [index, answer] of answers.entries()) {
    if (!('result' in answer)) return { blocks, problem: 'error' in answer ? 'rpcError' : answer.transportError };
    // A node may know a head whose block it does not serve yet.
    if (answer.result === null) return { blocks, problem: null };
    try {
      const block = readBlockMinter(answer.result);
      if (block.number !== numbers[index]) return { blocks, problem: 'malformed' };
      blocks.push(block);
    } catch (error) {
      if (error instanceof BlockMinterError) return { blocks, problem: error.code };
      throw error;
    }
  }
  return { blocks, problem: null };
}
