import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordScenario } from '../../testkit/raftAnswers.ts';
import { parseRound } from '../ask/parseRound.ts';
import { isStreamed } from './isStreamed.ts';
import { judgeDefaults } from './judgeConfig.ts';
import { judgeRound, startJudge } from './judgeRounds.ts';

test('others tell whether the Raft of a member is up, even of one that never gave a view itself', () => {
  const endpoints = ['1', '2', '3'];
  const rounds = recordScenario(
    {
      seed: 3,
      nodes: 3,
      faults: [
        { at: 8_000, kind: 'kill', node: 3 },
        { at: 16_000, kind: 'start', node: 3 },
      ],
    },
    { fromMs: 4_000, forMs: 20_000, intervalMs: 500, skewMs: 0, lossShare: 0 },
  );
  const starting = { raft_cluster: { transportError: 'starting' } };
  for (const seenBefore of [true, false]) {
    let judge = startJudge();
    for (const { t, nodes } of rounds) {
      const dimmed = seenBefore && t < 3_000 ? nodes : { ...nodes, '3': starting };
      const judgement = judgeRound(judge, parseRound({ t, nodes: dimmed }), {
        ...judgeDefaults,
        cluster: 'c',
        endpoints,
      });
      judge = judgement.state;
      const told = isStreamed(judgement.tally, judge.selves, '3');
      if (t < 3_500 || t > 13_000) assert.equal(told, true, `${seenBefore} at ${t}`);
      if (t > 4_500 && t < 11_500) assert.equal(told, false, `${seenBefore} at ${t}`);
    }
  }
  assert.equal(isStreamed(null, new Map(), '3'), null);
});
