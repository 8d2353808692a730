-- A chain of sealers is judged from where the watcher left off, so that a restart changes no verdict.

alter table raft_clusters add column sealer_book jsonb;
comment on column raft_clusters.sealer_book is 'What a restarted watcher goes on from: the newest block and since when, the rule of blocks, who is silent since when; null for Raft.';
comment on column raft_clusters.sealers is 'For IBFT, QBFT and Clique: the state of the chain, who should seal and who does, votes, newest blocks; null for Raft.';
