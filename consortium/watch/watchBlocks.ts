import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger, Random } from '../../p2p/ports.ts';
import { isRecord, type RawAnswer } from '../ask/parseNode.ts';
import { readBlockFacts } from '../ask/readBlockFacts.ts';
import { parseIdentity } from '../ask/readIdentity.ts';
import { createRpcClient, type Endpoint, type RpcClient, type RpcLimits } from '../ask/rpcClient.ts';
import type { BlockReport, BlockStore, BlockWant } from './blockStore.ts';

export interface WatchBlocksConfig {
  /** The operator's name for the cluster. */
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly rpc: RpcLimits;
  readonly everyMs: number;
}

/** Pause between two looks where the judges of splits have a round every `roundMs`. More than two a round save a search its time. */
export function blockPauseMs(roundMs: number): number {
  return Math.min(30_000, roundMs / 2);
}

export interface WatchBlocksDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'>;
  readonly log: Logger;
  readonly blocks: BlockStore;
  /** False while another process watches the cluster. */
  readonly isOnDuty: () => boolean;
  /** Node ID of the member at an endpoint, as its cluster proved it; null if unknown. */
  readonly nodeIdOf: (endpoint: string) => string | null;
}

/**
 * Asks the endpoints of a cluster for their blocks at the heights that the judge of chain splits looks at, until `signal`
 * aborts. Each first reports which chain it has: an endpoint with another genesis is no witness for this one.
 */
export async function watchBlocks(
  config: WatchBlocksConfig,
  deps: WatchBlocksDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = deps;
  const cluster = config.name;
  const clients = config.endpoints.map((endpoint) => createRpcClient(endpoint, clock, config.rpc));
  // BOUNDED: by the configured endpoints
  const nodeIds = new Map<string, string>();
  let isAway = false;
  try {
    await clock.sleep(random.next() * Math.min(config.everyMs, 5_000), signal);
    while (!signal.aborted) {
      try {
        if (deps.isOnDuty()) await look(cluster, clients, nodeIds, deps);
        if (isAway) log.info('block facts are stored again', { cluster });
        isAway = false;
      } catch (error) {
        if (!isAway) log.warn('block facts are not stored: the database is away', { cluster, reason: reasonOf(error) });
        isAway = true;
      }
      await clock.sleep(config.everyMs, signal);
    }
  } finally {
    for (const client of clients) client.close();
  }
}

async function look(
  cluster: string,
  clients: readonly RpcClient[],
  nodeIds: Map<string, string>,
  { clock, blocks, nodeIdOf }: WatchBlocksDeps,
): Promise<void> {
  const wants = new Map<string, Promise<BlockWant | null>>();
  const reports = await Promise.all(
    clients.map(async (client): Promise<BlockReport | null> => {
      const { name } = client.endpoint;
      const said = await askChain(client, nodeIds.has(name));
      if (said === null) return null;
      if (said.nodeId !== null) nodeIds.set(name, said.nodeId);
      const chain = `${said.identity.genesisHash} ${said.identity.networkId}`;
      const wanted = wants.get(chain) ?? blocks.wanted(said.identity);
      wants.set(chain, wanted);
      const want = await wanted;
      if (want === null) return null;
      const heights = want.heights.filter((height) => height <= said.head);
      const facts = await readBlockFacts(client, heights);
      const endpoint = `${cluster}/${name}`;
      return {
        network: want.network,
        node: nodeIdOf(name) ?? nodeIds.get(name) ?? endpoint,
        endpoint,
        at: clock.now(),
        head: said.head,
        blocks: facts.map(({ height, hash }) => ({ height, hash })),
      };
    }),
  );
  await blocks.save(reports.flatMap((report) => report ?? []));
}

/** Which chain an endpoint keeps, how much of it, and, where its administration is open, who it is. */
async function askChain(client: RpcClient, isKnown: boolean) {
  const [genesis, network, newest, info] = await client.ask([
    { method: 'eth_getBlockByNumber', params: ['0x0', false] },
    { method: 'net_version' },
    { method: 'eth_blockNumber' },
    ...(isKnown ? [] : [{ method: 'admin_nodeInfo' } as const]),
  ]);
  const identity = parseIdentity(genesis, network);
  const head = resultOf(newest);
  if (identity === null || typeof head !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(head)) return null;
  return { identity, head: BigInt(head), nodeId: parseEnodeId(resultOf(info)) };
}

function resultOf(answer: RawAnswer | undefined): unknown {
  return answer !== undefined && 'result' in answer ? answer.result : undefined;
}

function parseEnodeId(info: unknown): string | null {
  const enode = isRecord(info) ? info.enode : undefined;
  return typeof enode === 'string' ? (/^enode:\/\/([0-9a-f]{128})@/i.exec(enode)?.[1]?.toLowerCase() ?? null) : null;
}
