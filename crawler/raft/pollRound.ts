import { parseNode, type RawNode } from './parseNode.ts';
import type { RawRound } from './parseRound.ts';
import type { RpcCall, RpcClient } from './rpcClient.ts';
import { roundMethods } from './rpcMethods.ts';

/** Endpoints whose list of members has no roles, so that raft_leader must be asked as well. BOUNDED: by the clients. */
export type OldReleases = Set<string>;

/** Asks all endpoints at once. Never rejects; takes as long as the slowest, at most one time-out (two without batches). */
export async function pollRound(clients: readonly RpcClient[], t: number, old: OldReleases): Promise<RawRound> {
  const nodes = await Promise.all(
    clients.map(async (client): Promise<[string, RawNode]> => {
      const { name } = client.endpoint;
      const calls: RpcCall[] = roundMethods.map((method) => ({ method }));
      if (old.has(name)) calls.push({ method: 'raft_leader' });
      const answers = await client.ask(calls);
      const raw: RawNode = Object.fromEntries(
        calls.flatMap(({ method }, index) => {
          const answer = answers[index];
          return answer === undefined ? [] : [[method, answer]];
        }),
      );
      if (listsNoRoles(raw)) old.add(name);
      return [name, raw];
    }),
  );
  return { t, nodes: Object.fromEntries(nodes) };
}

function listsNoRoles(raw: RawNode): boolean {
  const answer = parseNode(raw);
  return (
    answer.result === 'ok' &&
    answer.view.entries.length > 0 &&
    answer.view.entries.every((entry) => entry.role === undefined)
  );
}
