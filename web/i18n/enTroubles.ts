import type { MessageSet } from './message.ts';

/** What is wrong with a cluster and what to do: each key is an alert of docs/runbooks/raft.md. */
export const enTroubles = {
  'trouble.since': 'Since {at}, for {age}.',
  'trouble.who': 'Concerned: {who}.',
  'trouble.runbook': 'Runbook: {name}',
  'trouble.RaftNoLeader': 'No leader: nothing is committed',
  'trouble.RaftNoLeader.do':
    'Check that a majority of the voters is running, and that their Raft ports reach each other in both directions.',
  'trouble.RaftNoLeader.do.etcd':
    'Check that a majority of the members is running, and that their peer ports reach each other in both directions.',
  'trouble.RaftQuorumLost': 'Quorum lost: nothing is committed',
  'trouble.RaftQuorumLost.do':
    'Start the missing nodes. A lone leader still says minter and takes transactions, but commits none. Remove no member while there is no quorum.',
  'trouble.RaftQuorumLost.do.etcd':
    'Start the missing members. Until then no write and no linearizable read succeeds. Remove no member while there is no quorum.',
  'trouble.RaftQuorumLostSingleView': 'The quorum is lost, or the nodes that answer are cut off from it',
  'trouble.RaftQuorumLostSingleView.do':
    'Ask the operators of the other nodes whom those follow. Nobody: start the missing nodes. A leader: check the Raft ports of the nodes that answer and the links to them; transactions sent to these are not committed.',
  'trouble.RaftQuorumLostSingleView.do.etcd':
    'Ask the operators of the other members whom those follow. Nobody: start the missing members. A leader: check the peer ports of the members that answer and the links to them; writes sent to these fail.',
  'trouble.RaftClusterUnseen': 'No endpoint answers: nothing is known of the cluster',
  'trouble.RaftClusterUnseen.do':
    'All nodes are down, or the way to them is broken. Check the network from the machine of the watcher first, then start the nodes.',
  'trouble.RaftNodeUnaskable': 'Not known whether there is a leader',
  'trouble.RaftNodeUnaskable.do':
    'Too few voters tell whom they follow; nothing here says that the cluster is down. Mend the endpoints that give no view, or name more of them, and ask the operators of the other nodes.',
  'trouble.RaftQuorumAtRisk': 'One more failure, and nothing is committed',
  'trouble.RaftQuorumAtRisk.do': 'Bring back what is missing, and put off every other restart.',
  'trouble.RaftLeaderChurn': 'The leader keeps changing',
  'trouble.RaftLeaderChurn.do':
    'If somebody is restarting nodes, that explains it. Otherwise look at the disk and CPU of those that lost the lead, and at the links of a node that was cut off: “What happened” names them.',
  'trouble.RaftStalled': 'Transactions are waiting, but no block comes',
  'trouble.RaftStalled.do': 'Look at the leader’s log, disk and private transaction manager.',
  'trouble.RaftStalledSingleView': 'Transactions are waiting at the nodes that answer, but no block comes to them',
  'trouble.RaftStalledSingleView.do':
    'Either the chain has stalled, or these nodes are cut off from it. Ask another member for its newest block before you touch the cluster.',
  'trouble.RaftMultipleMinters': 'Several nodes claim to lead',
  'trouble.RaftMultipleMinters.do':
    'The one that the majority follows is the leader. Send clients to that one, and repair the links of the other, which has been cut off.',
  'trouble.RaftSealersHalted': 'The chain has halted: a block is due and does not come',
  'trouble.RaftSealersHalted.do':
    'Start the sealers that are missing, and check that those that run are connected to each other.',
  'trouble.RaftSealersShort': 'Fewer sealers are at work than the chain needs',
  'trouble.RaftSealersShort.do':
    'The chain has stopped or is about to. Start the missing sealers, and check that those that run are connected to each other.',
  'trouble.RaftSealersAtRisk': 'One more missing sealer would halt the chain',
  'trouble.RaftSealersAtRisk.do': 'Start the missing ones, and put off every other restart.',
  'trouble.RaftSealerSilent': 'Some sealers do not seal',
  'trouble.RaftSealerSilent.do':
    'Is its node up, in sync and sealing? Is its key the one in the set? Each of its turns costs a round change or a delay.',
  'trouble.RaftSealersUnseen': 'No endpoint tells the newest block',
  'trouble.RaftSealersUnseen.do':
    'All nodes are down, refuse us, or the way to them is broken. Whether the chain goes on is not known.',
  'trouble.RaftSealersUnknown': 'The nodes answer, but too little to judge',
  'trouble.RaftSealersUnknown.do':
    'Expose the namespaces `clique`, `istanbul` or `qbft`, and `txpool`; or set `emptyBlockMs` of this cluster.',
  'trouble.RaftSealerSetsDiffer': 'Nodes disagree on who may seal',
  'trouble.RaftSealerSetsDiffer.do':
    'If some are behind, wait. Otherwise they have another genesis, other transitions, or are on another fork of the chain.',
  'trouble.RaftSealerRoundChanges': 'Blocks need far more rounds than missing sealers explain',
  'trouble.RaftSealerRoundChanges.do':
    'Look for slow links, overload, or a request time-out that is too short for this network.',
} as const satisfies MessageSet<'en'>;
