import { isOlder, loadBuiltinNetworks, loadNetworkFiles, sameChain } from '../../chains/networks/loadNetworks.ts';
import { type Network, type NetworkFork, toNetworkFile } from '../../chains/networks/networkFile.ts';
import { listAddedNetworks, writeAddedNetwork } from '../../lib/addedNetworks.ts';
import { equalBytes } from '../../p2p/wire/bytes.ts';
import { sameForkHash } from '../../p2p/wire/forkId.ts';
import { type AddNetworkOptions, readNetwork } from './addNetwork.ts';
import { UsageError } from './command.ts';

export interface UpdatedNetwork {
  readonly path: string;
  readonly network: Network;
  /** Forks that the network did not have. */
  readonly added: readonly NetworkFork[];
  /** Forks that it has no more, or at another time. */
  readonly removed: readonly NetworkFork[];
  readonly warnings: readonly string[];
}

/**
 * Puts a newer schedule of a known network into the data directory, from a network file or from a genesis file, of which
 * only the forks are taken.
 * @throws UsageError that says why the file cannot stand in for a network
 */
export async function updateNetwork(path: string, options: AddNetworkOptions): Promise<UpdatedNetwork> {
  const { network: given, client, warnings } = await readNetwork(path, options);
  const known = knownNetworks(options.dataDir);
  const old = known.find(({ slug }) => slug === (options.slug ?? given.slug)) ?? onlyTwin(known, given);
  if (old === undefined) {
    throw new UsageError(
      `there is no network ${options.slug ?? given.slug} to update; networks add FILE makes a new one`,
    );
  }
  // A genesis file does not name the network id.
  if (client === null ? !sameChain(old, given) : !equalBytes(old.genesisHash, given.genesisHash)) {
    throw new UsageError(`${path} is of another chain than ${old.slug}: its genesis hash or network id differs`);
  }
  const network: Network =
    client === null ? { ...given, slug: old.slug } : { ...old, forks: given.forks, forkHashes: given.forkHashes };
  if (isOlder(network, old) && !options.replace) {
    throw new UsageError(`${path} lacks forks that ${old.slug} has already; --replace takes it all the same`);
  }
  return {
    path: writeAddedNetwork(options.dataDir, toNetworkFile(network)),
    network,
    added: forksBeyond(network, old),
    removed: forksBeyond(old, network),
    warnings,
  };
}

/** Those of the package and of the data directory, whose files come first. */
function knownNetworks(dataDir: string): Network[] {
  const own = loadNetworkFiles(listAddedNetworks(dataDir));
  return [...own, ...loadBuiltinNetworks().filter(({ slug }) => !own.some((network) => network.slug === slug))];
}

/** The one known network with this genesis and most of the file's forks: mainnet and Ethereum Classic share theirs. */
function onlyTwin(known: readonly Network[], given: Network): Network | undefined {
  const twins = known.filter((network) => {
    const shared = network.forkHashes.filter((hash) => given.forkHashes.some((other) => sameForkHash(hash, other)));
    return equalBytes(network.genesisHash, given.genesisHash) && shared.length * 2 > given.forkHashes.length;
  });
  return twins.length === 1 ? twins[0] : undefined;
}

function forksBeyond(network: Network, other: Network): NetworkFork[] {
  return network.forks.filter(({ kind, at }) => !other.forks.some((fork) => fork.kind === kind && fork.at === at));
}
