import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EthVersion } from '../../p2p/wire/ethStatus.ts';
import { outbound, peer, run } from '../../testkit/sessionHarness.ts';
import { sessionFinding } from './sessionFinding.ts';
import type { HeaderFinding, StatusFinding, VisitCode, VisitStage } from './visit.ts';

test('the outcome of a session fits the shapes of a visit', () => {
  const { outcome } = run(outbound(), peer());
  const finding = sessionFinding(outcome);
  const code: VisitCode = finding.code;
  const stage: VisitStage = finding.stage;
  const found: StatusFinding | null = finding.status;
  const findings: readonly HeaderFinding[] = finding.headers;
  const version: EthVersion | undefined = outcome.status?.ethVersion;
  assert.deepEqual([code, stage, found?.networkId, findings, version], ['ok', 'status', 1n, [], 68]);
});
