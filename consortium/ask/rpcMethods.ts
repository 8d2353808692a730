/** Everything that is ever sent to a node. None of these changes anything; raft_removePeer and the like must never be added. */
export const readOnlyMethods = [
  'raft_cluster',
  'raft_role',
  'raft_leader',
  'eth_blockNumber',
  'eth_getBlockByNumber',
  'eth_chainId',
  'eth_config',
  'net_version',
  'web3_clientVersion',
  'net_peerCount',
  'txpool_status',
  'admin_nodeInfo',
  'admin_peers',
  'rpc_modules',
  'eth_coinbase',
  'eth_getBlockTransactionCountByNumber',
  'txpool_besuStatistics',
  'istanbul_status',
  'istanbul_getValidators',
  'istanbul_getSnapshot',
  'istanbul_candidates',
  'istanbul_getSignersFromBlock',
  'clique_status',
  'clique_getSigners',
  'clique_getSnapshot',
  'clique_getSignerMetrics',
  'clique_proposals',
  'ibft_getValidatorsByBlockNumber',
  'ibft_getSignerMetrics',
  'ibft_getPendingVotes',
  'qbft_getValidatorsByBlockNumber',
  'qbft_getSignerMetrics',
  'qbft_getPendingVotes',
] as const;
export type ReadOnlyMethod = (typeof readOnlyMethods)[number];

/** Asked in every round in addition to raft_cluster, which also gives the node's own role. */
export const chainMethods = [
  'eth_blockNumber',
  'txpool_status',
  'net_peerCount',
] as const satisfies readonly ReadOnlyMethod[];

export function isReadOnlyMethod(method: string): method is ReadOnlyMethod {
  return readOnlyMethods.some((allowed) => allowed === method);
}
