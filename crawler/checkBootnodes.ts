import type { Network } from '../chains/networks/networkFile.ts';
import { describeBootnodeProblem } from '../lib/bootnodeProblem.ts';
import { parseCidr } from '../lib/ipAddress.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { createAddressPolicy } from './crawl/addressPolicy.ts';
import { Bootnodes } from './crawl/bootnodes.ts';

/** What is wrong with the bootnodes of a network, a sentence each, as a crawler that watches it alone will find. */
export async function checkBootnodes({ slug, dns, allowedCidrs, ...network }: Network): Promise<string[]> {
  const given = (text: string) => ({ text, network: slug, source: 'bootnode' as const });
  const bootnodes = [...network.bootnodes, ...network.discv5Bootnodes];
  const cidrs = allowedCidrs.flatMap((cidr) => parseCidr(cidr) ?? []);
  const policy = createAddressPolicy(cidrs, cidrs.length === 0);
  // Lists are read where there is no bootnode.
  const lists = network.bootnodes.length === 0 ? [] : dns.map(given);
  const list = new Bootnodes(bootnodes.map(given), lists, { curve: await chooseCurve(), policy });
  return list.tally().problems.map((problem) => `${problem.bootnode}: ${describeBootnodeProblem(problem)}`);
}
