/** Sets of words that code, API and database each define: they must be the same, and spelt alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countWindows, forkClassSchema, partialReasons, populations, resolutions } from '../api/contract/common.ts';
import { bootnodeProblemSchema } from '../api/contract/networks.ts';
import { raftResultSchema, raftRoleSchema, raftStateSchema } from '../api/contract/raft.ts';
import { forkClasses } from '../chains/forks/forkClass.ts';
import { memberRoles, nodeResults } from '../consortium/ask/round.ts';
import { clusterStates, raftEventKinds, raftSources } from '../consortium/judge/raftEvent.ts';
import { offerCodes } from '../crawler/crawl/offerCodes.ts';
import { visitCodes, visitStages } from '../crawler/crawl/visit.ts';
import { clockFaults, directions, packetKinds } from '../crawler/metrics.ts';
import { bootnodeProblemCodes } from '../lib/bootnodeProblem.ts';
import { discv4DropCodes } from '../p2p/protocol/discv4Types.ts';
import { rlpxCodes, rlpxStages } from '../p2p/protocol/rlpxOutcome.ts';
import { wireErrorCodes } from '../p2p/wire/errors.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';

test('checks of the database allow what code and API know, and nothing else', async (t) => {
  const { sql } = await openTestDatabase(t);
  const rows = await sql<{ name: string; text: string }[]>`
    select conname as name, pg_get_constraintdef(oid) as text from pg_constraint where contype = 'c'`;
  const allowed = (name: string): string[] => {
    const text = rows.find((row) => row.name === name)?.text ?? assert.fail(`${name} is not there`);
    return [...text.matchAll(/'([^']*)'::text/g)].map(([, word = '']) => word).sort();
  };
  assert.deepEqual(allowed('count_series_population_known'), [...populations].sort());
  assert.deepEqual(allowed('count_series_time_window_known'), [...countWindows].sort());
  assert.deepEqual(allowed('count_points_resolution_known'), [...resolutions].sort());
  assert.deepEqual(allowed('coverage_points_resolution_known'), [...resolutions].sort());
  assert.deepEqual(allowed('coverage_points_partial_known'), [...partialReasons].sort());
  assert.deepEqual(allowed('nodes_fork_class_known'), [...forkClasses].sort());
  assert.deepEqual(allowed('visits_direction_known'), [...directions].sort());
});

test('the API knows the words of those who judge', () => {
  assert.deepEqual([...forkClassSchema.options].sort(), [...forkClasses].sort());
  assert.deepEqual([...raftStateSchema.options].sort(), [...clusterStates].sort());
  assert.deepEqual([...raftResultSchema.options].sort(), [...nodeResults].sort());
  assert.deepEqual(bootnodeProblemSchema.shape.code.options, [...bootnodeProblemCodes]);
  assert.deepEqual([...raftRoleSchema.options].sort(), [...memberRoles].sort());
});

test('codes are in camelCase, in code, label and row', () => {
  const sets = {
    populations,
    partialReasons,
    forkClasses,
    nodeResults,
    clusterStates,
    raftEventKinds,
    raftSources,
    offerCodes,
    bootnodeProblemCodes,
  };
  const more = {
    visitCodes,
    visitStages,
    directions,
    packetKinds,
    clockFaults,
    discv4DropCodes,
    rlpxCodes,
    rlpxStages,
  };
  for (const [name, words] of Object.entries({ ...sets, ...more, wireErrorCodes })) {
    assert.ok(words.length > 1, name);
    for (const word of words) assert.match(word, /^[a-z][A-Za-z0-9]*$/, name);
  }
});
