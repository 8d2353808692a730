import assert from 'node:assert/strict';
import { test } from 'node:test';
import { churnResponse } from '../api/contract/churn.ts';
import { populations } from '../api/contract/common.ts';
import { countsResponse, distributionResponse } from '../api/contract/counts.ts';
import { readinessResponse, splitsResponse } from '../api/contract/forks.ts';
import { listNetworksResponse, networkSummaryResponse, statusResponse } from '../api/contract/networks.ts';
import { listNodesResponse, nodeResponse } from '../api/contract/nodes.ts';
import { raftResults, raftStates } from '../api/contract/raft.ts';
import { nodeResults } from '../consortium/ask/round.ts';
import { clusterStates } from '../consortium/judge/raftEvent.ts';
import { visitCodes, visitStages } from '../crawler/crawl/visit.ts';
import { en } from '../web/i18n/en.ts';
import { nodePopulations } from '../web/lib/router.ts';
import { churn } from './fixtures/churnFixtures.ts';
import type { FixtureWorld } from './fixtures/fixtureWorld.ts';
import { readiness, splits } from './fixtures/forkFixtures.ts';
import { listNodes, node, nodeAt } from './fixtures/nodeFixtures.ts';
import { summary } from './fixtures/summaryFixtures.ts';
import { counts, distribution, networks, status } from './fixtures/webFixtures.ts';

const now = Date.UTC(2026, 10, 23, 12);
const worlds: readonly FixtureWorld[] = [
  { now },
  { now, stale: true, simulated: true },
  { now, empty: true, advice: [{ code: 'noCrawler', message: 'none' }] },
];

test('what the pages are tested with has the shapes of the contract', () => {
  for (const world of worlds) {
    listNetworksResponse.parse(networks(world));
    statusResponse.parse(status(world));
    churnResponse.parse(churn('mainnet', world));
    networkSummaryResponse.parse(summary('mainnet', world));
    listNodesResponse.parse(listNodes(null, 50, world));
    const from = new Date(now - 7 * 86_400_000).toISOString();
    for (const cut of ['total', 'client', 'fork_id', 'fork_class', 'network', 'synced', 'history'] as const) {
      const query = { cut, population: 'alive', window: 'day' } as const;
      distributionResponse.parse(distribution('mainnet', query, world));
      countsResponse.parse(counts('mainnet', { ...query, from, top: 7 }, world));
    }
    for (const slug of ['mainnet', 'sepolia']) {
      readinessResponse.parse(readiness(slug, { from }, world));
      splitsResponse.parse(splits(slug, world));
    }
    if (!world.empty) nodeResponse.parse(node(nodeAt(3, world).id, world));
  }
});

test('the pages have words for every way a visit can end, and know every population', () => {
  for (const code of visitCodes) {
    assert.ok(Object.hasOwn(en, `code.${code}`), code);
    assert.ok(Object.hasOwn(en, `code.${code}.means`), code);
  }
  for (const stage of visitStages) assert.ok(Object.hasOwn(en, `stage.${stage}`), stage);
  assert.deepEqual([...nodePopulations].sort(), [...populations].sort());
});

test('the API has the watcher’s own words for states and results', () => {
  assert.deepEqual([...raftStates], [...clusterStates]);
  assert.deepEqual([...raftResults], [...nodeResults]);
});
