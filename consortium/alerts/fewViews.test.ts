import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AlertBook, quietBook } from '../../notify/alertBook.ts';
import type { Notice } from '../../notify/notice.ts';
import { recordScenario } from '../../testkit/raftAnswers.ts';
import type { RaftFault } from '../../testkit/raftModel.ts';
import { parseRound } from '../ask/parseRound.ts';
import { judgeDefaults } from '../judge/judgeConfig.ts';
import { judgeRound, startJudge } from '../judge/judgeRounds.ts';
import { readRaftAlerts } from './raftAlerts.ts';

/** What is told of a cluster of which only some nodes are asked; `edit` may change what these say. */
function noticesFrom(
  endpoints: readonly string[],
  faults: readonly RaftFault[],
  more: { readonly nodes?: number; readonly forMs?: number; readonly edit?: (answers: string) => string } = {},
): readonly Notice[] {
  const { nodes: count = 3, forMs = 100_000, edit = (answers) => answers } = more;
  const config = { ...judgeDefaults, cluster: 'c', endpoints };
  const about = { cluster: 'c', kind: 'goQuorum' as const, page: null, clockOffsets: new Map() };
  const rounds = recordScenario(
    { seed: 3, nodes: count, faults },
    { fromMs: 4_000, forMs, intervalMs: 500, skewMs: 0, lossShare: 0 },
  );
  let judge = startJudge();
  let book: AlertBook = quietBook;
  return rounds.flatMap(({ t, nodes }) => {
    const asked = endpoints.map((node) => [node, JSON.parse(edit(JSON.stringify(nodes[node])))]);
    const judgement = judgeRound(judge, parseRound({ t, nodes: Object.fromEntries(asked) }), config);
    judge = judgement.state;
    const read = readRaftAlerts(book, about, judgement, config);
    book = read.book;
    return read.changed.map(({ notice }) => notice);
  });
}

test('a quorum that is missing as the only endpoint sees it is a warning, whatever the leader claims', () => {
  for (const node of [1, 2, 3]) {
    const [first, ...more] = noticesFrom(
      [String(node)],
      [1, 2, 3].filter((other) => other !== node).map((other) => ({ at: 10_000 + other, kind: 'kill', node: other })),
    );
    assert.deepEqual([first?.name, first?.severity, more], ['RaftQuorumLostSingleView', 'warning', []]);
    assert.equal(
      first?.summary,
      'The reachable nodes of c are in contact with 1 of 3 voters, 2 are needed: the quorum is lost, or these nodes are cut off from it',
    );
    assert.match(first?.description ?? '', /start the missing nodes: .*\(Raft ID \d\) and .*\(Raft ID \d\)\. /);
  }
  assert.deepEqual(noticesFrom(['1'], []), []);
  const edit = (answers: string) => answers.replace(/"nodeActive":(?:true|false),?/g, '').replace(/,}/g, '}');
  assert.deepEqual(noticesFrom(['1'], [], { edit }), [], 'who does not show its streams does not show them down');
});

test('a voter that nobody asks is not named as missing while a node has a live stream to it', () => {
  const [atRisk] = noticesFrom(
    ['1', '2', '3'],
    [3, 4].map((node) => ({ at: 10_000 + node, kind: 'kill', node })),
    { nodes: 5, forMs: 250_000 },
  );
  assert.equal(atRisk?.name, 'RaftQuorumAtRisk');
  assert.match(atRisk.description, /: [^:]*\(Raft ID 3\) and [^:]*\(Raft ID 4\)\.$/);
});
