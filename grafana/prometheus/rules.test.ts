import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createRaftMetrics } from '../../crawler/raft/metrics.ts';
import { packageRoot } from '../../lib/packageRoot.ts';

const rules = join(packageRoot, 'grafana/prometheus/rules');
const ruleFiles = readdirSync(rules).filter((name) => name.endsWith('.yml'));

/** Why a test over `tool` cannot run here; false when it can. With CI=true its absence is a failure. */
function absent(tool: string, install: string): string | false {
  const { error } = spawnSync(tool, ['--version']);
  if (error === undefined) return false;
  assert.notEqual(process.env.CI, 'true', `${tool} is required in CI: ${install}`);
  return `${tool} is not installed: ${install}`;
}
const noPromtool = absent('promtool', 'apt-get install prometheus');
const noAmtool = absent('amtool', 'apt-get install prometheus-alertmanager');

function run(tool: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${tool} ${args.join(' ')}\n${stdout}${stderr}`);
}

test('promtool accepts every rule file', { skip: noPromtool }, () => {
  run('promtool', 'check', 'rules', ...ruleFiles.map((name) => join(rules, name)));
});

test('every rule file has tests that show it firing and not firing', { skip: noPromtool }, () => {
  for (const name of ruleFiles) {
    const tests = join(rules, 'tests', name);
    assert.ok(existsSync(tests), `${name} has tests`);
    run('promtool', 'test', 'rules', tests);
  }
});

test('amtool accepts the Alertmanager configuration', { skip: noAmtool }, () => {
  run('amtool', 'check-config', join(packageRoot, 'grafana/alertmanager/alertmanager.yml'));
});

test('each Raft alert is tested, says what to do, and its runbook section exists', () => {
  const text = readFileSync(join(rules, 'raft.yml'), 'utf8');
  const tested = readFileSync(join(rules, 'tests/raft.yml'), 'utf8');
  const runbook = readFileSync(join(packageRoot, 'docs/runbooks/raft.md'), 'utf8');
  const sections = new Set([...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.toLowerCase()));
  const alerts = text.split('- alert: ').slice(1);
  assert.equal(alerts.length, 16);
  for (const alert of alerts) {
    const name = alert.split('\n', 1)[0] ?? '';
    for (const part of ['expr:', 'severity:', 'summary:', 'description:']) {
      assert.ok(alert.includes(part), `${name} has ${part}`);
    }
    const link = /runbook_url: docs\/runbooks\/raft\.md#(\S+)/.exec(alert)?.[1];
    assert.equal(link, name.toLowerCase(), `${name} links to its own section`);
    assert.ok(sections.has(name.toLowerCase()), `${name} has a runbook section`);
    assert.ok(
      tested.includes(`alertname="${name}"`) || tested.includes(`alertname: ${name}`),
      `${name} fires in a test`,
    );
  }
});

test('every metric that a Raft rule reads is one that the watcher exports', () => {
  const registry = new Registry();
  createRaftMetrics(registry, []);
  const text = readFileSync(join(rules, 'raft.yml'), 'utf8');
  const used = new Set([...text.matchAll(/forkscope_raft_[a-z_]+/g)].map(([name]) => name));
  assert.ok(used.size > 10);
  for (const name of used) assert.ok(registry.getSingleMetric(name) !== undefined, `${name} is exported`);
});
