/** Why a bootnode cannot be used, in codes for programs and sentences for people. */

export const bootnodeProblemCodes = [
  'notNodeUrl',
  'keyInvalid',
  'recordInvalid',
  'addressMissing',
  'addressUnspecified',
  'addressRefused',
  'hostInvalid',
  'portMissing',
  'portInvalid',
  'nameUnknown',
  'nameUnanswered',
  'ownNode',
  'dnsList',
  'listUnanswered',
  'listMissing',
  'listForged',
  'listOlder',
  'listBroken',
] as const;
export type BootnodeProblemCode = (typeof bootnodeProblemCodes)[number];

export interface BootnodeProblem {
  /** As it was written, at most 300 characters. */
  readonly bootnode: string;
  /** Slug of the network whose file names it; null = given in the settings. */
  readonly network: string | null;
  readonly code: BootnodeProblemCode;
  /** The addresses or the name that it is about, separated by commas; empty where there are none. */
  readonly about: string;
}

/** What is wrong, and what to do about it. */
export function describeBootnodeProblem({ code, about }: Pick<BootnodeProblem, 'code' | 'about'>): string {
  switch (code) {
    case 'notNodeUrl':
      return 'It is neither an enode:// URL nor an enr: record.';
    case 'keyInvalid':
      return 'Between enode:// and @ there must be 128 hex digits that are a public key of secp256k1.';
    case 'recordInvalid':
      return 'The record cannot be decoded, or its signature is wrong. Copy it once more, as a whole.';
    case 'addressMissing':
      return 'It names no address. Write it as enode://<key>@<address>:<port>.';
    case 'addressUnspecified':
      return `${about} stands for every address of the machine on which the node runs. Write the address at which the node can be reached from here.`;
    case 'addressRefused':
      return `${about} may not be contacted: it is outside the addresses that may be, which are the public ones or, where allowedCidrs is given, those ranges alone. Add it, or its range, to allowedCidrs of the network file (or to --allowed-cidrs, which goes before it).`;
    case 'hostInvalid':
      return 'What stands after @ is neither an IP address nor a host name. IPv6 addresses stand in brackets: [2001:db8::1].';
    case 'portMissing':
      return 'It names no port. Write it as enode://<key>@<address>:<port>.';
    case 'portInvalid':
      return 'A port is a number from 1 to 65535; only discport, or the port before it, may be 0.';
    case 'nameUnknown':
      return `The name ${about} has no address. Check the name, and the name server of this machine; it is looked up again and again.`;
    case 'nameUnanswered':
      return `The name ${about} could not be looked up: the name server did not answer. It is asked again and again.`;
    case 'ownNode':
      return 'It is one of our own identities.';
    case 'dnsList':
      return 'It is a DNS list of nodes (EIP-1459), which is read only when asked for: give it by --source, or have the lists of network files read by --network-lists.';
    case 'listUnanswered':
      return `No name server told anything of ${about}. Check the name server of this machine; the list is asked for again and again, and what was known of it stays.`;
    case 'listMissing':
      return `There is no list of nodes (EIP-1459) at ${about}. Check the URL, and whether its owner still publishes it; what was known of it stays.`;
    case 'listForged':
      return `What stands at ${about} is not signed with the key of the URL, so none of it is used. Get the URL anew from the owner of the list; what was known of it stays.`;
    case 'listOlder':
      return `What stands at ${about} is older than what was read there before, so it is not used. If its owner began to count anew, delete its file in the folder lists of the data directory.`;
    case 'listBroken':
      return `What stands at ${about} is no list of nodes as EIP-1459 has it. Tell its owner; what was known of it stays.`;
  }
}

/** For a crawl that has no bootnode to begin with. */
export function describeNoBootnode({
  given,
  problems,
}: {
  readonly given: number;
  readonly problems: readonly Pick<BootnodeProblem, 'code'>[];
}): string {
  const then = 'Until then only nodes that are known from before, and those that dial this crawler, can be found.';
  if (given > 0) return `None of the bootnodes given can be used, each for a reason of its own. ${then}`;
  const lists = problems.some(({ code }) => code === 'dnsList');
  const why = lists
    ? 'The network names only DNS lists of nodes (EIP-1459), which are not read, and no bootnode.'
    : 'No bootnode is given, neither in a network file nor in the settings.';
  return `${why} Give at least one, as an enode:// URL or an enr: record: in bootnodes of the network file, or by --bootnodes. ${then}`;
}
