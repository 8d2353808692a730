/** The other end of the Raft benchmark, in its own process, so that its work is not measured. */
import { startRaftCluster } from '../testkit/raftCluster.ts';

const [clusters = 1, nodes = 3] = process.argv.slice(2).map(Number);
const urls: (readonly string[])[] = [];
for (let seed = 1; seed <= clusters; seed += 1) {
  const cluster = await startRaftCluster({ seed, nodes, faults: [] });
  await cluster.playTo(5_000);
  urls.push(cluster.urls);
}
process.send?.({ urls });
process.on('disconnect', () => process.exit(0));
