import { toDate } from '../../lib/time.ts';
import type { Sql } from '../../sql/client.ts';
import { inTransaction } from '../../sql/transaction.ts';
import type { StoredNetwork } from './store.ts';

/** Writes the loaded networks with their schedules; networks that are not among them are no longer known. */
export async function saveNetworks(sql: Sql, networks: readonly StoredNetwork[], now: number): Promise<void> {
  const at = toDate(now);
  await inTransaction(sql, '', async (transaction) => {
    // Two crawlers that start together write one after the other.
    await transaction`select pg_advisory_xact_lock(hashtext('forkscope.networks'), 0)`;
    for (const network of networks.toSorted((a, b) => (a.slug < b.slug ? -1 : 1))) {
      const { slug, name, networkId, genesisHash, consensus } = network;
      await transaction`
        insert into networks (slug, name, network_id, genesis_hash, consensus, known, file, loaded_at)
        values (${slug}, ${name}, ${networkId.toString()}, ${genesisHash}, ${consensus}, true,
          ${transaction.json(toFile(network))}, ${at})
        on conflict (slug) do update set
          name = excluded.name, network_id = excluded.network_id, genesis_hash = excluded.genesis_hash,
          consensus = excluded.consensus, known = true, file = excluded.file, loaded_at = excluded.loaded_at`;
      await transaction`delete from network_forks where network = ${slug}`;
      await transaction`insert into network_forks ${transaction(toSteps(network))}`;
    }
    await transaction`
      update networks set known = false where known and slug <> all (${networks.map(({ slug }) => slug)}::text[])`;
  });
}

function toSteps({ slug, forks, forkHashes }: StoredNetwork) {
  return forkHashes.map((hash, position) => {
    const fork = position === 0 ? null : forks[position - 1];
    return {
      network: slug,
      position,
      name: fork?.name ?? 'genesis',
      activation_kind: fork?.kind ?? 'genesis',
      activation: (fork?.at ?? 0n).toString(),
      hash,
      next: (forks[position]?.at ?? 0n).toString(),
    };
  });
}

/** The network as a file of format version 1, 64-bit numbers as text. */
function toFile(network: StoredNetwork) {
  const { slug, name, networkId, genesisHash, genesisTime, forks, bootnodes, dns, allowedCidrs } = network;
  const { consensus, consensusChanges = [], ended = null } = network;
  return {
    version: 1,
    slug,
    name,
    networkId: networkId.toString(),
    genesisHash: `0x${Buffer.from(genesisHash).toString('hex')}`,
    genesisTime: genesisTime.toString(),
    forks: forks.map((fork) => ({ name: fork.name, [fork.kind]: fork.at.toString() })),
    bootnodes: [...bootnodes],
    dns: [...dns],
    allowedCidrs: [...allowedCidrs],
    consensus,
    consensusChanges: consensusChanges.map((change) => ({ ...change, block: change.block.toString() })),
    ...(ended === null ? {} : { ended }),
  };
}
