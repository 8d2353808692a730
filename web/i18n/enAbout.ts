import type { MessageSet } from './message.ts';

/** How each number is made. */
export const enAbout = {
  'about.title': 'How each number is made',
  'about.lead':
    'Forkscope finds the nodes of Ethereum-family networks, asks each one who it is and which fork it follows, and counts them honestly. Every number on these pages is described by the terms below. It is for one network and one time window, and its age is shown next to it. What is not known is counted as unknown.',
  'about.steps': 'From a node to a number',
  'about.step.find': 'Find.',
  'about.step.find.text':
    'Starting from bootnodes, the crawler asks one node after another over UDP (discv4) which other nodes it knows, until the answers contain nothing new.',
  'about.step.ping': 'Prove.',
  'about.step.ping.text':
    'A node counts as alive only once it has answered from that address with its own key. What others say about it proves nothing.',
  'about.step.ask': 'Ask.',
  'about.step.ask.text': 'The crawler reads its node record (ENR). The eth entry in it hints at the fork it follows.',
  'about.step.dial': 'Dial.',
  'about.step.dial.text':
    'Over TCP (RLPx) the node proves its key again, names its client in Hello, and gives its network, genesis and fork ID in Status.',
  'about.step.leave': 'Leave.',
  'about.step.leave.text':
    'We say goodbye and come back later. A node gets at most 45 packets a minute from us, and an address at most one TCP attempt every 35 seconds.',
  'about.step.census': 'Count.',
  'about.step.census.text':
    'A census turns the state of all nodes into counts, which are kept permanently by hour and by day. What disappears is written as zero. Where no census ran, charts show a gap.',
  'about.populations': 'Who is counted',
  'about.populations.text':
    'Each step proves more than the one before it. Counts from two tools can be compared only if both mean the same step.',
  'about.forkWords': 'Which fork a node follows',
  'about.forkWords.text':
    'A node announces a fork ID (EIP-2124): a hash of all the forks it has passed, and the next fork it knows of. The fork ID is compared with the network’s schedule and falls into the first class that fits.',
  'about.otherWords': 'Other terms',
  'about.word.network': 'On a network',
  'about.word.network.text':
    'Its Status has that network’s genesis, and its fork hash belongs to no other known network with the same genesis. Until its Status has been read, the eth entry of its record takes that place, marked as a hint. The network ID alone never decides. A hash that several networks share, such as fc64ec04/1150000 of mainnet and Ethereum Classic, is called ambiguous, unless the next fork or the network ID tells. Where neither network ID nor fork hash is that of a network with this genesis, it is an unknown relative. Crawlers, ours included, are on no network. All of these are listed beside the network and count in none of its figures.',
  'about.word.learned': 'Learned fork',
  'about.word.learned.text':
    'A fork that is not in the schedule, but can be computed from a known hash and a next fork that nodes in several separate address blocks announce. It is shown as learned, never as configured.',
  'about.word.readyShare': 'Ready share',
  'about.word.readyShare.text':
    'For the first fork that is not yet active: ready ÷ (current + ready + conflicting). The classes that are left out are listed next to it.',
  'about.word.synced': 'Synced',
  'about.word.synced.text':
    'Judged at each visit: the node’s head is compared with the network’s head at that time, which is the highest block that more than a third of its nodes had reached: neither those that still sync nor a third of liars move it.',
  'about.word.forkSplit': 'Fork split',
  'about.word.forkSplit.text': 'Nodes of one network announce incompatible fork IDs after an activation.',
  'about.word.chainSplit': 'Chain split',
  'about.word.chainSplit.text': 'Nodes hold different blocks at the same height.',
  'about.word.session': 'Session, joined, left',
  'about.word.session.text':
    'A session is a time in which a node was there: it answered when we looked, until two looks in a row found it silent. Times in which nobody looked, or our line was down, end none. Joined: a session began, for the first time or after an absence. Left: one ended. Absences shorter than the time between two looks can pass unseen.',
  'about.word.leaderChange': 'Leader change',
  'about.word.leaderChange.text':
    'In a Raft cluster, one confirmed leader is followed by another. The change is counted once per cluster, however many members report it.',
  'about.coverage': 'What a count stands on',
  'about.coverage.text':
    'Each census knows, for every network, population and window, how many nodes were due in it and how many of them were looked at: by a PING for alive, by a dial for reachable and identified, from whatever place.',
  'about.word.due': 'Due',
  'about.word.due.text':
    'Nodes that have answered before and are still named, or that answered when they were looked at last, and names at which nobody has looked yet. Names that never answered are taken for what they seem to be.',
  'about.word.partial': 'Partial',
  'about.word.partial.text':
    'Less than 95 % of what was due was looked at, or for more than 5 % of the window no crawler was at work: in its first hours, after an outage, when it does not keep up. A partial count is marked with its reason, hatched in charts, fires no alert, and does not stand for an hour or a day that has a complete one.',
  'about.word.unknownShare': 'Up to so many more',
  'about.word.unknownShare.text':
    'How far a count may be off: nodes that were due and not looked at, plus as many as usually come, or come back, between two looks.',
  'about.caveats': 'What these numbers cannot show',
  'about.caveat.full': 'Full nodes.',
  'about.caveat.full.text':
    'Many nodes that are full refuse before they say which client they run. Their share is shown as “reachable, client unknown” next to every client chart.',
  'about.caveat.ips': 'Sums of IPs.',
  'about.caveat.ips.text':
    'Two nodes behind one address may run different clients. That address is then counted once for each of them, so the parts can add up to more than the whole.',
  'about.caveat.vantage': 'One vantage point.',
  'about.caveat.vantage.text': 'A node that cannot be reached from the crawler may be reachable from elsewhere.',
  'about.caveat.v4': 'Two discovery protocols.',
  'about.caveat.v4.text':
    'Nodes are asked by discv4 and by discv5, and count once whichever they answer. A crawler that is set to one of them does not find those that speak only the other.',
  'about.caveat.hint': 'Hints.',
  'about.caveat.hint.text':
    'Some clients never update the fork in their record. Where only the record is known, the fork is marked as a hint.',
  'about.caveat.private': 'Nodes behind NAT.',
  'about.caveat.private.text': 'They are seen only when they dial us, and are then counted as inbound only.',
  'about.data': 'The data itself',
  'about.data.text': 'Everything shown here comes from a public, read-only API that uses the same terms:',
} as const satisfies MessageSet<'en'>;
