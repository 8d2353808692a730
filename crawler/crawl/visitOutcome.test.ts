import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EthVersion } from '../../p2p/wire/ethStatus.ts';
import { outbound, peer, run } from '../../testkit/sessionHarness.ts';
import type { SessionFinding, VisitCode, VisitStage } from './visit.ts';
import { findingsOf } from './visitOutcome.ts';

test('the outcome of a session fits the shapes of a visit', () => {
  const { outcome } = run(outbound(), peer());
  const finding = findingsOf(outcome, 'pong');
  const code: VisitCode = finding.code;
  const stage: VisitStage = finding.stage;
  const { status, headers }: SessionFinding = outcome;
  const version: EthVersion | undefined = outcome.status?.ethVersion;
  assert.deepEqual(finding.headers, headers);
  assert.deepEqual([code, stage, finding.status?.networkId, headers, version], ['ok', 'status', 1n, [], 68]);
  assert.equal(finding.status, status);
});

test('a session without a connection leaves the visit at its PONG, if there was one', () => {
  const { outcome } = run(outbound(), peer());
  for (const before of ['pong', 'none'] as const) {
    const finding = findingsOf({ ...outcome, stage: 'none', code: 'dialRefused' }, before);
    assert.deepEqual([finding.stage, finding.code], [before, 'dialRefused']);
  }
});
