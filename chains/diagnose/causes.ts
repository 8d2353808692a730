import type { AdviceTopic } from './clientAdvice.ts';

/** What kind of trouble it is: each has an exit code of its own. */
export type CauseClass = 'target' | 'discovery' | 'unreachable' | 'identity' | 'refusal' | 'chain';

export interface Cause {
  readonly kind: CauseClass;
  readonly title: string;
  /** What to do on whichever client. */
  readonly remedy: string;
  /** Which settings of the clients are about it. */
  readonly topics: readonly AdviceTopic[];
  /** What the wire cannot tell, and what can. */
  readonly untold: string | null;
}

export type CauseCode = keyof typeof causes;

const compareFiles = 'which of the two sides has the wrong file: compare it with what the other nodes announce';

/** Every cause that is named, in words. */
export const causes = {
  urlUnusable: {
    kind: 'target',
    title: 'The URL cannot be used',
    remedy: 'Take the URL from the running node: enode://KEY@IP:PORT, with the 128 digits of its public key.',
    topics: ['key'],
    untold: null,
  },
  addressUnspecified: {
    kind: 'target',
    title: 'The address in the URL is [::] or 0.0.0.0: each machine that dials it reaches itself',
    remedy: 'Write the address at which the other machines reach the node, and let the node announce that one.',
    topics: ['ports'],
    untold: null,
  },
  nameUnknown: {
    kind: 'target',
    title: 'No such host name',
    remedy: 'Correct the name, or write the address; names of containers hold only in their own network.',
    topics: ['lists'],
    untold: 'whether the node itself, on its own machine, finds the name',
  },
  nameUnanswered: {
    kind: 'target',
    title: 'The host name could not be looked up',
    remedy: 'See to the name servers of this machine, or write the address.',
    topics: ['lists'],
    untold: 'whether the name exists',
  },
  noTcpPort: {
    kind: 'target',
    title: 'The URL names no TCP port: the node discovers and takes no connections',
    remedy: 'If it is no bootnode alone, take its URL again once it listens.',
    topics: ['ports'],
    untold: null,
  },
  hostAbsent: {
    kind: 'unreachable',
    title: 'No host at this address, or no way to it',
    remedy: 'Check the address, that the machine is up, and the routes and VPN between the two.',
    topics: ['ports'],
    untold: 'whether the machine is off or somebody on the way drops everything',
  },
  allFiltered: {
    kind: 'unreachable',
    title: 'A firewall or a router drops both TCP and UDP',
    remedy: 'Open and map both ports, TCP and UDP, at the host and at the router before it.',
    topics: ['ports'],
    untold: 'whether the machine is off or somebody on the way drops everything',
  },
  processDown: {
    kind: 'unreachable',
    title: 'The host is there, and nothing listens at this port: the node is down, or at another port',
    remedy: 'Start it, or correct the port in the URL.',
    topics: ['ports'],
    untold: 'at which other port it may listen',
  },
  tcpNotListening: {
    kind: 'unreachable',
    title: 'The node runs and answers by UDP, but nothing listens at the TCP port of the URL',
    remedy: 'Correct the TCP port, or let the node listen: some do not with no peers allowed.',
    topics: ['ports', 'peers'],
    untold: 'at which TCP port it listens; its record may say',
  },
  tcpFiltered: {
    kind: 'unreachable',
    title: 'TCP is filtered, or its port is not mapped; the node itself can still dial out',
    remedy: 'Open and map the TCP port as well as the UDP port, at the host and at the router before it.',
    topics: ['ports'],
    untold: null,
  },
  frozen: {
    kind: 'unreachable',
    title: 'The process hangs: its kernel accepts, and nobody reads',
    remedy: 'Look at the process (stopped, swapping, out of disk, stuck); its RPC will hang as well. Restart it.',
    topics: [],
    untold: 'why it hangs',
  },
  overloaded: {
    kind: 'unreachable',
    title: 'The node took the connection and then fell silent: overloaded, starting or stuck',
    remedy: 'Look at its load and log, and try again later.',
    topics: [],
    untold: 'why it is silent',
  },
  keyDiffers: {
    kind: 'identity',
    title: 'The node at this address has another key than the URL',
    remedy: 'Correct the key in every list that has it: static, permissioned and trusted nodes, bootnodes.',
    topics: ['key', 'lists'],
    untold: 'whether the node lost its key file, or the address now belongs to another node',
  },
  otherAtTcp: {
    kind: 'identity',
    title: 'The TCP port leads to something else than the node that answers by UDP',
    remedy: 'Check the port mapping, and proxies or load balancers that accept TCP for the node.',
    topics: ['ports'],
    untold: 'what it is that accepts',
  },
  otherAtUdp: {
    kind: 'identity',
    title: 'The UDP port leads to another node than the TCP port',
    remedy: 'Check the mapping of the UDP port, and whether two nodes share the address.',
    topics: ['ports', 'key'],
    untold: null,
  },
  isSelf: {
    kind: 'identity',
    title: 'The node says that it has the key of the one that dials',
    remedy: 'Give each node a key of its own: two of them share one, or the node dials itself.',
    topics: ['key'],
    untold: null,
  },
  notRlpx: {
    kind: 'identity',
    title: 'What listens there does not speak RLPx as it should',
    remedy: 'Check that the port is the p2p port, not that of RPC, Raft or a consensus client.',
    topics: ['ports'],
    untold: 'what it is',
  },
  netRestricted: {
    kind: 'refusal',
    title: 'The node speaks only with certain addresses, and ours is none of them',
    remedy: 'Add the range of the dialling machine to its list, as the node sees it (behind NAT another one).',
    topics: ['restrict'],
    untold: 'from which address the node sees us by TCP, and its list',
  },
  throttled: {
    kind: 'refusal',
    title: 'Somebody at our address has dialled it within the last half minute',
    remedy: 'Wait 35 s and try again; geth and its relatives take one connection per address in 30 s.',
    topics: [],
    untold: 'whether another program here dialled it, such as a crawler',
  },
  notPermitted: {
    kind: 'refusal',
    title: 'The node is permissioned, and the key that dials is not on its list',
    remedy: 'Put the enode of each on the list of the other; a probe has a key of its own and is never on it.',
    topics: ['permission'],
    untold: 'whether your own node is on the list: ask by admin_peers, or look into the list',
  },
  raftNotMember: {
    kind: 'refusal',
    title: 'The node is in a Raft cluster, and the key that dials is not of a member',
    remedy: 'Add the node to the cluster first; a probe is never a member.',
    topics: ['raft'],
    untold: 'who is a member: raft_cluster says',
  },
  full: {
    kind: 'refusal',
    title: 'The node has as many peers as it allows',
    remedy: 'Allow more, name the node as trusted on the full one, or let the full one dial.',
    topics: ['peers'],
    untold: 'who its peers are: admin_peers says',
  },
  alreadyConnected: {
    kind: 'refusal',
    title: 'The node already has a connection to this key',
    remedy: 'Nothing, if it is ours; else two nodes share one key.',
    topics: ['key'],
    untold: 'from which address the other connection comes: admin_peers says',
  },
  p2pVersion: {
    kind: 'refusal',
    title: 'It speaks another version of the p2p protocol',
    remedy: 'Bring the older of the two clients up to date.',
    topics: [],
    untold: null,
  },
  noSharedCapability: {
    kind: 'refusal',
    title: 'The two have no version of eth in common',
    remedy: 'Bring the older client up to date: each drops old versions of eth after some time.',
    topics: [],
    untold: null,
  },
  otherReason: {
    kind: 'refusal',
    title: 'The node took its leave, with a reason that names no single cause',
    remedy: 'Its log at debug level says more.',
    topics: [],
    untold: 'why',
  },
  closedWordless: {
    kind: 'refusal',
    title: 'The node closed the connection without a reason',
    remedy: 'Its log at debug level says more.',
    topics: [],
    untold: 'why',
  },
  genesisDiffers: {
    kind: 'chain',
    title: 'It is on another chain: its genesis block differs',
    remedy: 'Start both from one genesis file; any difference in it (alloc, extraData, timestamp) makes another chain.',
    topics: ['chain'],
    untold: compareFiles,
  },
  networkIdDiffers: {
    kind: 'chain',
    title: 'It has the right chain and another network id',
    remedy: 'Give all nodes of the chain the same network id.',
    topics: ['networkId'],
    untold: compareFiles,
  },
  forkConfigStale: {
    kind: 'chain',
    title: 'Its configuration of the chain lacks a fork, or has it at another height',
    remedy: 'Give it the present genesis file, and a version of the client that knows the fork.',
    topics: ['chain'],
    untold: compareFiles,
  },
  forkConfigUnknown: {
    kind: 'chain',
    title: 'It has forks that the given chain has not',
    remedy: 'Compare the two genesis files fork by fork; the one given here may be the old one.',
    topics: ['chain'],
    untold: compareFiles,
  },
  ownForkIdRejected: {
    kind: 'chain',
    title: 'It rejects the chain or the fork ID that our side announces',
    remedy: 'Give our own side the present genesis file: the node announces what the chain should have.',
    topics: ['chain'],
    untold: compareFiles,
  },
  discoveryOff: {
    kind: 'discovery',
    title: 'The node takes no part in discovery: only who has its URL can connect',
    remedy: 'Nothing, if that is meant: keep it in the static nodes of the others. Else turn discovery on.',
    topics: ['discovery', 'lists'],
    untold: null,
  },
  udpFiltered: {
    kind: 'discovery',
    title: 'UDP is filtered, or its port is not mapped: the node can be dialled, but not discovered',
    remedy: 'Open and map the UDP port as well as the TCP port, at the host and at the router before it.',
    topics: ['ports'],
    untold: 'whether discovery is off behind a firewall that says nothing',
  },
  recordMisleads: {
    kind: 'discovery',
    title: 'Its record names an address by which fewer reach it than by this one: discv5 hands that on',
    remedy: 'Let the node announce the address at which the other machines reach it.',
    topics: ['ports'],
    untold: 'whether it only has not learnt its address from its peers yet',
  },
  clockBehind: {
    kind: 'discovery',
    title: 'Our clock is behind that of the node: our packets have expired before they arrive',
    remedy: 'Set both clocks by NTP (chronyc tracking or timedatectl shows how they stand).',
    topics: [],
    untold: 'whose clock is wrong: probe a third node',
  },
  clockAhead: {
    kind: 'discovery',
    title: 'Our clock is ahead of that of the node: its packets have expired when they arrive',
    remedy: 'Set both clocks by NTP (chronyc tracking or timedatectl shows how they stand).',
    topics: [],
    untold: 'whose clock is wrong: probe a third node',
  },
} as const satisfies Record<string, Cause>;

/** The cause of a code. */
export function causeOf(code: CauseCode): Cause {
  return causes[code];
}
