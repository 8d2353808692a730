/** Clients whose settings are named. */
export const advisedClients = ['geth', 'besu', 'nethermind', 'erigon', 'reth', 'goquorum'] as const;
export type AdvisedClient = (typeof advisedClients)[number];

export type AdviceTopic = keyof typeof clientAdvice;

/** Where each client has what a cause is about: flags, files and console calls. */
export const clientAdvice = {
  /** Which ports it listens at, and which address it tells others. */
  ports: {
    geth: '--port (TCP), --discovery.port (UDP), --nat extip:IP',
    besu: '--p2p-port (both), --p2p-host IP, --nat-method',
    nethermind: '--Network.P2PPort (TCP), --Network.DiscoveryPort (UDP), --Network.ExternalIp IP',
    erigon: '--port (both; before 3.5 also --p2p.allowed-ports), --nat extip:IP',
    reth: '--port (TCP), --discovery.port (UDP), --discovery.v5.port (UDP of discv5, 9200 unless set), --nat extip:IP',
    goquorum: '--port (both), --nat extip:IP',
  },
  /** Whether it takes part in discovery. */
  discovery: {
    geth: 'leave --nodiscover out; --discovery.v4 stays on',
    besu: '--discovery-enabled=true; newer versions have --discovery-mode=V4|V5|BOTH, where V5 leaves discv4 off',
    nethermind: '--Init.DiscoveryEnabled true; --Discovery.DiscoveryVersion says whether discv4, discv5 or all',
    erigon: 'leave --nodiscover out; since 3.4 it speaks discv5 alone, --discovery.v4=true adds discv4',
    reth: 'leave --disable-discovery and --disable-discv4-discovery out; discv5 (on in newer versions) has a UDP port of its own, --discovery.v5.port',
    goquorum:
      'leave --nodiscover out; with --raft discovery is left off on purpose, and members come from static-nodes.json',
  },
  /** Which chain it has. */
  chain: {
    geth: 'geth init genesis.json with the same file; where only forks were added, init again keeps the blocks',
    besu: '--genesis-file with the same file, or --network; for another genesis an empty --data-path',
    nethermind:
      '--Init.ChainSpecPath with the spec of the same chain, or --config; for another genesis another --Init.BaseDbPath',
    erigon: 'erigon init genesis.json with the same file, or --chain; for another genesis an empty --datadir',
    reth: '--chain with the same file or name; for another genesis an empty --datadir',
    goquorum: 'geth init genesis.json with the same file; where only forks were added, init again keeps the blocks',
  },
  networkId: {
    geth: '--networkid NUMBER; left out, it is the chain id of the genesis (1 in versions before late 2023)',
    besu: '--network-id NUMBER; left out, it is the chain id of the genesis file',
    nethermind: 'params.networkID in the chain spec',
    erigon: '--networkid NUMBER',
    reth: '--network-id NUMBER, in versions since late 2025; left out, it is the chain id of --chain',
    goquorum: '--networkid NUMBER; left out, it is 1337, whatever the chain id',
  },
  /** Which nodes it always keeps a connection to. */
  lists: {
    geth: 'StaticNodes under [Node.P2P] of --config; admin.addPeer(enode) at once',
    besu: 'static-nodes.json in --data-path, or --static-nodes-file; admin_addPeer at once',
    nethermind: '--Network.StaticPeers; admin_addPeer at once',
    erigon: '--staticpeers; admin_addPeer at once',
    reth: '--trusted-peers; admin_addPeer at once',
    goquorum: 'static-nodes.json in --datadir; admin.addPeer(enode) at once',
  },
  /** Who is let in. */
  permission: {
    geth: 'knows no permissions',
    besu: '--permissions-nodes-config-file-enabled with --permissions-nodes-config-file: nodes-allowlist; perm_addNodesToAllowlist at once',
    nethermind: 'knows no list of permitted nodes; --Network.OnlyStaticPeers leaves all others out',
    erigon: 'knows no permissions',
    reth: '--trusted-only leaves all but --trusted-peers out',
    goquorum: 'permissioned-nodes.json in --datadir, read at each connection; both sides list each other',
  },
  peers: {
    geth: '--maxpeers; TrustedNodes under [Node.P2P] of --config or admin.addTrustedPeer(enode) go beyond it',
    besu: '--max-peers; static nodes go beyond it',
    nethermind: '--Network.MaxActivePeers; static peers go beyond it',
    erigon: '--maxpeers; --trustedpeers go beyond it',
    reth: '--max-inbound-peers; --trusted-peers go beyond it',
    goquorum: '--maxpeers; trusted-nodes.json in --datadir goes beyond it',
  },
  /** Its own key. */
  key: {
    geth: 'admin.nodeInfo.enode shows it; --nodekey FILE keeps it (else geth/nodekey in --datadir)',
    besu: 'admin_nodeInfo or besu public-key export shows it; --node-private-key-file keeps it (else key in --data-path)',
    nethermind: 'admin_nodeInfo shows it; --KeyStore.EnodeKeyFile keeps it',
    erigon: 'admin_nodeInfo shows it; --nodekey FILE keeps it (else nodekey in --datadir)',
    reth: 'admin_nodeInfo shows it; --p2p-secret-key FILE keeps it (else discovery-secret in the data directory)',
    goquorum: 'admin.nodeInfo.enode shows it; --nodekey FILE keeps it (else geth/nodekey in --datadir)',
  },
  /** Which addresses it speaks with. */
  restrict: {
    geth: '--netrestrict CIDRS',
    besu: '--net-restrict CIDRS',
    nethermind: 'has no such setting',
    erigon: '--netrestrict CIDRS',
    reth: '--netrestrict CIDRS, where its version has it',
    goquorum: '--netrestrict CIDRS',
  },
  raft: {
    geth: 'knows no Raft',
    besu: 'knows no Raft',
    nethermind: 'knows no Raft',
    erigon: 'knows no Raft',
    reth: 'knows no Raft',
    goquorum:
      'raft.addPeer(enode with raftport) at a member, then --raftjoinexisting ID at the new one; raft.cluster shows who is in',
  },
} as const satisfies Record<string, Readonly<Record<AdvisedClient, string>>>;
