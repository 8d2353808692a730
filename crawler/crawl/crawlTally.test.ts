import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noBootnodes } from './bootnodes.ts';
import { CrawlTally } from './crawlTally.ts';
import { formatNodesJson } from './nodesJson.ts';
import { formatSummary } from './summaryTable.ts';
import type { VisitOutcome, VisitRecord } from './visit.ts';

const outcome: VisitOutcome = {
  key: '0'.repeat(32),
  contact: { id: new Uint8Array(64), ip: '8.8.8.8', udp: 30303, tcp: 30303 },
  direction: 'outbound',
  startedAt: 0,
  tookMs: 1,
  stage: 'status',
  code: 'ok',
  answers: { discv4: true, discv5: null },
  remoteReason: null,
  wireCode: null,
  pong: { rttMs: 1, enrSeq: null, ourIp: '8.8.4.4', ourUdp: 1, clockSkewMs: null },
  enr: null,
  neighbours: null,
  hello: null,
  status: {
    ethVersion: 68,
    networkId: 1n,
    genesisHash: new Uint8Array(32),
    forkId: { hash: Uint8Array.of(0x07, 0xc9, 0x46, 0x2e), next: 0n },
    headHash: new Uint8Array(32),
    headNumber: null,
    earliestNumber: null,
    totalDifficulty: null,
  },
  headers: [],
};
const record = (over: Partial<VisitOutcome>, client: string | null): VisitRecord => ({
  outcome: { ...outcome, ...over },
  network: over.status === null ? null : { slug: 'mainnet', ambiguous: false, source: 'status' },
  forkId: over.status === null ? null : (outcome.status?.forkId ?? null),
  forkClass: over.status === null ? null : 'current',
  client: client === null ? null : { raw: client, name: client, version: null, os: null, arch: null, language: null },
  headAt: null,
  synced: null,
  blocks: [],
  dueAt: 0,
  failures: 0,
});

test('a later failure erases nothing, and each node counts once', () => {
  const tally = new CrawlTally(0);
  tally.visited('a', record({}, 'geth'));
  tally.visited('a', record({ stage: 'none', code: 'pingTimeout', status: null }, null));
  tally.visited('b', record({ stage: 'auth', code: 'disconnected', remoteReason: 4, status: null }, null));
  tally.visited('c', record({ stage: 'none', code: 'pingTimeout', status: null, pong: null }, null));
  tally.visited('d', record({ direction: 'inbound' }, 'reth'));
  tally.named('added');
  const summary = tally.summary(2_500, 9);
  assert.deepEqual(
    { ...summary, startedAt: undefined, networks: undefined },
    {
      startedAt: undefined,
      tookSeconds: 2.5,
      seen: 9,
      alive: 2,
      reachable: 2,
      identified: 2,
      clientUnknown: 1,
      inboundOnly: 1,
      visits: 5,
      bootnodes: noBootnodes,
      networks: undefined,
      clients: { geth: 1, reth: 1 },
      forkIds: { '07c9462e/0': 2 },
      forkClasses: { current: 2 },
      codes: { pingTimeout: 2, disconnected: 1, ok: 1 },
      named: { added: 1 },
    },
  );
  const text = formatSummary(summary);
  assert.match(text, /alive +2 \(22\.2 %\) +answered our PING/);
  assert.match(text, /07c9462e\/0 +2/);
});

test("geth's node set file: sorted, indented by four, numbers exact", () => {
  const entry = { record: 'enr:-x', score: 2, firstResponseAt: 0, lastResponseAt: 1_000, lastCheckAt: 2_000 };
  const text = formatNodesJson([
    { ...entry, idHash: new Uint8Array(32).fill(0xb), seq: 18_446_744_073_709_551_615n },
    { ...entry, idHash: new Uint8Array(32).fill(0xa), seq: 1n },
  ]);
  assert.equal(
    text,
    `{
    "${'0a'.repeat(32)}": {
        "seq": 1,
        "record": "enr:-x",
        "score": 2,
        "firstResponse": "1970-01-01T00:00:00.000Z",
        "lastResponse": "1970-01-01T00:00:01.000Z",
        "lastCheck": "1970-01-01T00:00:02.000Z"
    },
    "${'0b'.repeat(32)}": {
        "seq": 18446744073709551615,
        "record": "enr:-x",
        "score": 2,
        "firstResponse": "1970-01-01T00:00:00.000Z",
        "lastResponse": "1970-01-01T00:00:01.000Z",
        "lastCheck": "1970-01-01T00:00:02.000Z"
    }
}
`,
  );
});
