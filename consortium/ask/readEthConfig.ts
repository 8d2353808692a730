import { isRecord, type RawAnswer } from './parseNode.ts';
import type { RpcClient } from './rpcClient.ts';

/** A fork as a node is configured with it (EIP-7910). */
export interface ConfiguredFork {
  /** Fork hash from then on, 8 lower-case hex digits. */
  readonly hash: string;
  /** Seconds; 0 for the genesis rules and for forks by block. */
  readonly at: bigint;
}

/** What eth_config says: the active fork and, if any are scheduled, the next and the last of them. */
export interface EthConfig {
  readonly current: ConfiguredFork;
  readonly next: ConfiguredFork | null;
  readonly last: ConfiguredFork | null;
}

/** Asks a node for its fork configuration (EIP-7910). Null where it does not know the question, or says nothing usable. */
export async function readEthConfig(client: RpcClient): Promise<EthConfig | null> {
  const [answer] = await client.ask([{ method: 'eth_config' }]);
  return parseEthConfig(answer);
}

export function parseEthConfig(answer: RawAnswer | undefined): EthConfig | null {
  if (answer === undefined || !('result' in answer) || !isRecord(answer.result)) return null;
  const { current, next, last } = answer.result;
  const active = parseFork(current);
  return active === null ? null : { current: active, next: parseFork(next), last: parseFork(last) };
}

function parseFork(fork: unknown): ConfiguredFork | null {
  if (!isRecord(fork)) return null;
  const { forkId, activationTime } = fork;
  const hash = typeof forkId === 'string' ? /^0x([0-9a-f]{8})$/i.exec(forkId)?.[1]?.toLowerCase() : undefined;
  if (hash === undefined || typeof activationTime !== 'number' || !Number.isSafeInteger(activationTime)) return null;
  return activationTime < 0 ? null : { hash, at: BigInt(activationTime) };
}
