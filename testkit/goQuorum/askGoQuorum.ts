import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { createRpcClient, type Endpoint } from '../../consortium/ask/rpcClient.ts';
import { Secret } from '../../lib/secret.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import type { GoQuorumNode } from './startGoQuorum.ts';

const patienceMs = 120_000;

/** A node as the watcher is configured for it. */
export function endpointOf({ raftId, rpcUrl, probeUrl }: GoQuorumNode): Endpoint {
  return {
    name: `n${raftId}`,
    url: new Secret(rpcUrl),
    headers: {},
    bearerToken: null,
    psi: null,
    ca: null,
    probeUrl,
  };
}

/** Has a node mint: a transaction that costs nothing, from an account that it makes for itself. */
export async function sendTransaction(node: GoQuorumNode): Promise<void> {
  const from = await call(node, 'personal_newAccount', ['']);
  await call(node, 'personal_sendTransaction', [{ from, to: from, gas: '0x5208', gasPrice: '0x0' }, '']);
}

/** Takes any method: the watcher's own client refuses those that change something. */
async function call(node: GoQuorumNode, method: string, params: readonly unknown[]): Promise<unknown> {
  const post = (): Promise<Response> =>
    fetch(node.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
  // A connection from before the node was killed may still lie in fetch's pool.
  const response = await post().catch(post);
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}

/** Waits until every node answers. */
export async function untilUp(nodes: readonly GoQuorumNode[]): Promise<void> {
  for (const node of nodes) {
    const client = createRpcClient(endpointOf(node), systemClock);
    try {
      for (const end = Date.now() + patienceMs; ; await delay(200)) {
        const [answer] = await client.ask([{ method: 'net_version' }]);
        if (answer !== undefined && 'result' in answer) break;
        if (Date.now() > end) assert.fail(`node ${node.raftId} did not come up`);
      }
    } finally {
      client.close();
    }
  }
}
