import { loadBuiltinNetworks, loadNetworkFiles, updateNetworks } from '../chains/networks/loadNetworks.ts';
import type { Network } from '../chains/networks/networkFile.ts';
import { SettingsError } from '../lib/errors.ts';
import { parseCidr } from '../lib/ipAddress.ts';
import { nearestName } from '../lib/nearestName.ts';
import type { Logger } from '../p2p/ports.ts';
import { type Discv4Limits, defaultDiscv4Limits, privateDiscv4Limits } from '../p2p/protocol/discv4Types.ts';
import { type Discv5Limits, defaultDiscv5Limits, privateDiscv5Limits } from '../p2p/protocol/discv5Types.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import type { CrawlerConfig } from './config.ts';
import { type AddressPolicy, createAddressPolicy } from './crawl/addressPolicy.ts';
import { Bootnodes, type GivenBootnode, givenIn } from './crawl/bootnodes.ts';
import { type Sources, selectSources } from './sources/selectSources.ts';

class NetworkChoiceError extends SettingsError<{ code: 'networkUnknown'; slug: string; known: string }> {}

export interface NetworkChoice {
  /** All known networks: the built-in ones and the user's. */
  readonly known: readonly Network[];
  /** The networks on which we have a presence and from which we take bootnodes. */
  readonly watched: readonly Network[];
  /** Only private ranges are contacted. */
  readonly isPrivate: boolean;
  readonly policy: AddressPolicy;
  /** Ranges that may be contacted in addition to public ones; if `isPrivate`, the only ones. */
  readonly allowedCidrs: readonly string[];
  readonly limits: Discv4Limits;
  readonly discv5Limits: Discv5Limits;
  readonly bootnodes: Bootnodes;
  /** Files and lists in DNS that name nodes besides. */
  readonly sources: Sources;
}

type Choice = Pick<
  CrawlerConfig,
  | 'networks'
  | 'networkFiles'
  | 'networkUpdates'
  | 'allowedCidrs'
  | 'bootnodes'
  | 'sources'
  | 'networkLists'
  | 'discovery'
>;

/**
 * What the configuration says about networks.
 * @throws as findNetworks and selectSources
 */
export function selectNetworks(config: Choice, curve: Curve, log: Logger): NetworkChoice {
  const { known, watched } = findNetworks(config);
  for (const { slug, ended } of watched) {
    if (ended !== null) log.warn('this network has ended: few of its nodes are left, if any', { network: slug, ended });
  }
  const cidrs = watched.flatMap((network) => network.allowedCidrs);
  const isPrivate = config.allowedCidrs.length > 0 || watched.every((network) => network.allowedCidrs.length > 0);
  const allowed = config.allowedCidrs.length > 0 ? config.allowedCidrs : cidrs;
  const policy = createAddressPolicy(
    allowed.flatMap((cidr) => parseCidr(cidr) ?? []),
    !isPrivate,
  );
  const lists = networkLists(config, watched);
  const sources = selectSources(curve, config.sources, lists.read);
  return {
    known,
    watched,
    sources,
    isPrivate,
    policy,
    allowedCidrs: allowed,
    limits: isPrivate ? privateDiscv4Limits : defaultDiscv4Limits,
    discv5Limits: isPrivate ? privateDiscv5Limits : defaultDiscv5Limits,
    bootnodes: new Bootnodes(givenBootnodes(config, watched, sources), lists.unread, { curve, policy }),
  };
}

/** @throws NetworkChoiceError for an unknown slug, NetworkFileError for an invalid file */
export function findNetworks(
  config: Pick<Choice, 'networks' | 'networkFiles' | 'networkUpdates'>,
): Pick<NetworkChoice, 'known' | 'watched'> {
  const own = loadNetworkFiles(config.networkFiles);
  const ownSlugs = new Set(own.map(({ slug }) => slug));
  const shipped = updateNetworks(loadBuiltinNetworks(), config.networkUpdates);
  const known = [...shipped.filter(({ slug }) => !ownSlugs.has(slug)), ...own];
  const named = config.networks.map((slug) => {
    const network = known.find((other) => other.slug === slug);
    if (network !== undefined) return network;
    const slugs = known.map((other) => other.slug);
    const all = slugs.join(', ');
    const near = nearestName(slug, slugs);
    throw new NetworkChoiceError(
      { code: 'networkUnknown', slug, known: all },
      `there is no network ${slug}; ${near === null ? 'known' : `did you mean ${near}? Known`} are ${all}. Add your own with --network FILE`,
    );
  });
  return { known, watched: [...new Set([...named, ...own])] };
}

function givenBootnodes(config: Choice, watched: readonly Network[], { files }: Sources): GivenBootnode[] {
  const source = 'bootnode';
  const named =
    config.bootnodes?.map((text) => ({ text, network: null, source }) as const) ??
    watched.flatMap((network) =>
      [...network.bootnodes, ...(config.discovery.includes('discv5') ? network.discv5Bootnodes : [])].map(
        (text) => ({ text, network: network.slug, source }) as const,
      ),
    );
  const listed = files.flatMap(({ path, list }) => (list.format === 'list' ? givenIn(path, list.nodes) : []));
  return [...named, ...listed];
}

/**
 * The lists in DNS that network files name. They are read where that is asked for, and where a network has no bootnode
 * that could serve; the others could serve instead.
 */
function networkLists(
  { bootnodes, networkLists: reads }: Choice,
  watched: readonly Network[],
): { readonly read: { text: string; network: string }[]; readonly unread: GivenBootnode[] } {
  const read: { text: string; network: string }[] = [];
  const unread: GivenBootnode[] = [];
  for (const network of watched) {
    const isNeeded = bootnodes === null && network.bootnodes.length === 0;
    for (const text of network.dns) {
      if (reads || isNeeded) read.push({ text, network: network.slug });
      else if (bootnodes === null) unread.push({ text, network: network.slug, source: 'bootnode' });
    }
  }
  return { read, unread };
}
