import type { EtcdClient } from './etcdClient.ts';
import { type EtcdAnswer, parseEtcd } from './parseEtcd.ts';
import type { NodeAnswer, Round } from './round.ts';
import type { RoundSource } from './roundSource.ts';

/** Asks all members of an etcd cluster at once. */
export function createEtcdSource(clients: readonly EtcdClient[]): RoundSource {
  return {
    async ask(t) {
      const answers = await Promise.all(
        clients.map(async (client) => ({ name: client.name, ...parseEtcd(await client.ask()) })),
      );
      return ofOneCluster(answers, t);
    },
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

/** An endpoint of another cluster costs that endpoint, not the round: most of them say which one is meant. */
function ofOneCluster(answers: readonly (EtcdAnswer & { readonly name: string })[], t: number): Round {
  const counts = new Map<string, number>();
  for (const { clusterId } of answers) if (clusterId !== null) counts.set(clusterId, (counts.get(clusterId) ?? 0) + 1);
  const [meant] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [null];
  const stranger: NodeAnswer = { result: 'malformed', detail: 'a member of another cluster' };
  return {
    t,
    nodes: new Map(
      answers.map(({ name, clusterId, answer }) => [
        name,
        clusterId === null || clusterId === meant ? answer : stranger,
      ]),
    ),
  };
}
