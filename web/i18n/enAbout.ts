/** How each number is made. */
export const enAbout = {
  'about.title': 'How each number is made',
  'about.lead':
    'Forkscope finds the nodes of Ethereum-family networks, asks each who it is and which fork it follows, and counts honestly. Every number here is one of the words below, for one network, over one window, with its age beside it. Whatever is not known is counted as not known.',
  'about.steps': 'From a node to a number',
  'about.step.find': 'Find.',
  'about.step.find.text':
    'Starting from bootnodes, the crawler asks node after node over UDP (discv4) which others it knows, until answers bring nothing new.',
  'about.step.ping': 'Prove.',
  'about.step.ping.text':
    'A node counts as alive only once its own key has answered from that address. What others say about it proves nothing.',
  'about.step.ask': 'Ask.',
  'about.step.ask.text': 'Its node record (ENR) is read; the eth entry in it is a hint at the fork it follows.',
  'about.step.dial': 'Dial.',
  'about.step.dial.text':
    'Over TCP (RLPx) the node proves its key again, names its client in Hello, and its network, genesis and fork ID in Status.',
  'about.step.leave': 'Leave.',
  'about.step.leave.text':
    'We say good-bye and come back later: never more than 45 packets a minute to one node, nor more than one TCP try to an address in 35 seconds.',
  'about.step.census': 'Count.',
  'about.step.census.text':
    'A census turns the state of all nodes into counts, kept for good by hour and day. What vanishes is written as zero; where no census ran, charts show a gap.',
  'about.populations': 'Who is counted',
  'about.populations.text':
    'Each step is proof of more than the one before. Comparing counts of two tools makes sense only when both mean the same step.',
  'about.forkWords': 'Which fork a node follows',
  'about.forkWords.text':
    'A node announces a fork ID (EIP-2124): a hash of all forks it has passed, and the next one it knows of. Compared with the network’s schedule it falls into the first class that fits.',
  'about.otherWords': 'Other words',
  'about.word.network': 'On a network',
  'about.word.network.text':
    'Its Status (until then the eth entry of its record, marked as a hint) has that network’s genesis, and its fork hash belongs to no other known network with the same genesis. The network ID alone never decides. Hashes that several networks share, such as fc64ec04/1150000 of mainnet and Ethereum Classic, are called ambiguous.',
  'about.word.learned': 'Learned fork',
  'about.word.learned.text':
    'A fork that is not in the schedule, but follows by arithmetic from a known hash and a next fork that nodes in several separate address blocks announce. Shown as learned, never as configured.',
  'about.word.readyShare': 'Ready share',
  'about.word.readyShare.text':
    'For the first fork that is not yet active: ready ÷ (current + ready + conflicting). The classes left out stand beside it.',
  'about.word.synced': 'Synced',
  'about.word.synced.text':
    'Judged at the visit: the node’s head against the network’s head of those minutes, which is a median over current and ready nodes.',
  'about.word.forkSplit': 'Fork split',
  'about.word.forkSplit.text': 'Nodes of one network announce incompatible fork IDs after an activation.',
  'about.word.chainSplit': 'Chain split',
  'about.word.chainSplit.text': 'Nodes hold different blocks at one height.',
  'about.word.leaderChange': 'Leader change',
  'about.word.leaderChange.text':
    'In a Raft cluster: one confirmed leader, then another one. Counted once for the cluster, however many members report it.',
  'about.caveats': 'What these numbers cannot show',
  'about.caveat.full': 'Full nodes.',
  'about.caveat.full.text':
    'Many refuse before saying which client they run. Their share is shown as “reachable, client unknown” beside every client chart.',
  'about.caveat.ips': 'Sums of IPs.',
  'about.caveat.ips.text':
    'Two nodes behind one address may run different clients: that address is then counted once for each, and the parts can exceed the whole.',
  'about.caveat.vantage': 'One place.',
  'about.caveat.vantage.text': 'What cannot be reached from where the crawler stands may be reachable from elsewhere.',
  'about.caveat.v4': 'Discovery version 5.',
  'about.caveat.v4.text': 'Nodes that only speak discv5 are not found over discv4.',
  'about.caveat.hint': 'Hints.',
  'about.caveat.hint.text':
    'Some clients never renew the fork in their record. Where only the record is known, it is marked as a hint.',
  'about.caveat.private': 'Nodes behind NAT.',
  'about.caveat.private.text': 'They are seen only when they dial us, and then counted as inbound only.',
  'about.data': 'The data itself',
  'about.data.text': 'All that is shown here comes from a public, read-only API with the same words:',
};
