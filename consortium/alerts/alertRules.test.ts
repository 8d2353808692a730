import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { packageRoot } from '../../lib/packageRoot.ts';
import { alertRules } from './alertRules.ts';

interface Rule {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000 };

function toMs(text: string): number {
  const [, count, unit = ''] = /^(\d+)([sm])$/.exec(text) ?? [];
  return Number(count) * (unitMs[unit] ?? Number.NaN);
}

test('each rule for Prometheus is told by the watcher too, as grave and after the same time; the infos are not', () => {
  const text = readFileSync(join(packageRoot, 'grafana/prometheus/rules/raft.yml'), 'utf8');
  const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules).filter(({ labels }) => labels.severity !== 'info');
  // Told as churn of which too few nodes report.
  const own = rules.filter(({ alert }) => alert !== 'RaftLeaderChurnSingleView');
  assert.deepEqual(
    Object.fromEntries(
      own.map((rule) => [rule.alert, { severity: rule.labels.severity, forMs: toMs(rule.for ?? '0s') }]),
    ),
    alertRules,
  );
});
