import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { packageRoot } from '../../lib/packageRoot.ts';
import { absentTool } from '../../testkit/tools/absentTool.ts';
import { checkQuery } from '../generate/checkQuery.ts';
import { listMetrics, listNodeMetrics, seriesOf } from '../generate/metricList.ts';
import { readRuleFiles, ruleFolder } from '../generate/ruleList.ts';

const files = readRuleFiles();

const noPromtool = absentTool('promtool', 'prometheus');
const noAmtool = absentTool('amtool', 'prometheus-alertmanager');

function run(tool: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${tool} ${args.join(' ')}\n${stdout}${stderr}`);
}

test('promtool accepts the configuration with every rule file', { skip: noPromtool }, () => {
  run('promtool', 'check', 'config', join(packageRoot, 'grafana/prometheus/prometheus.yml'));
  const config = parse(readFileSync(join(packageRoot, 'grafana/prometheus/prometheus.yml'), 'utf8'));
  assert.deepEqual(
    config.rule_files,
    files.map(({ name }) => `rules/${name}`),
  );
});

for (const { name } of files) {
  test(`${name}: its tests show it firing and not firing`, { skip: noPromtool }, () => {
    run('promtool', 'test', 'rules', join(ruleFolder, 'tests', name));
  });
}

test('amtool accepts the Alertmanager configuration, whose inhibitions name alerts that exist', {
  skip: noAmtool,
}, () => {
  const path = join(packageRoot, 'grafana/alertmanager/alertmanager.yml');
  run('amtool', 'check-config', path);
  const known = new Set(files.flatMap(({ rules }) => rules.map(({ alert }) => alert)));
  const named = [...readFileSync(path, 'utf8').matchAll(/\b(?:Raft|Forkscope)[A-Z]\w+/g)].map(([alert]) => alert);
  assert.ok(named.length > 10);
  for (const alert of named) assert.ok(known.has(alert), `${alert} is a rule`);
});

interface RuleTests {
  readonly tests: readonly {
    readonly promql_expr_test?: readonly {
      readonly expr: string;
      readonly exp_samples: readonly { readonly labels: string }[];
    }[];
    readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}

/** Which alerts the tests of a file show firing, and which they show quiet. */
function readShown(
  file: string,
  alerts: readonly string[],
): { readonly firing: Set<string>; readonly quiet: Set<string> } {
  const [firing, quiet] = [new Set<string>(), new Set<string>()];
  const { tests }: RuleTests = parse(readFileSync(join(ruleFolder, 'tests', file), 'utf8'));
  for (const { promql_expr_test: expressions = [], alert_rule_test: named = [] } of tests) {
    for (const { alertname, exp_alerts } of named) (exp_alerts.length > 0 ? firing : quiet).add(alertname);
    for (const { expr, exp_samples } of expressions) {
      // Without a name it asks for all of them.
      const [, pattern = '.*'] = /alertname=~?"([^"]+)"/.exec(expr) ?? [];
      for (const alert of alerts.filter((name) => new RegExp(`^(${pattern})$`).test(name))) {
        const fires = exp_samples.some(({ labels }) => labels.includes(`alertname="${alert}"`));
        (fires ? firing : quiet).add(alert);
      }
    }
  }
  return { firing, quiet };
}

test('each alert has a test in which it fires and one in which it does not, and a section of its runbook', () => {
  const names = new Set<string>();
  for (const { name: file, rules } of files) {
    const shown = readShown(
      file,
      rules.map(({ alert }) => alert),
    );
    const runbook = `docs/runbooks/${file.replace('.yml', '.md')}`;
    const text = readFileSync(join(packageRoot, runbook), 'utf8');
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title);
    assert.deepEqual(
      sections.toSorted(),
      rules.map(({ alert }) => alert).toSorted(),
      `${runbook} has a section for each alert and no other`,
    );
    for (const { alert, annotations } of rules) {
      assert.ok(!names.has(alert), `${alert} is there once`);
      names.add(alert);
      assert.match(alert, file === 'raft.yml' ? /^Raft[A-Z]/ : /^Forkscope[A-Z]/);
      assert.equal(annotations.runbook_url, `${runbook}#${alert.toLowerCase()}`);
      assert.ok(shown.firing.has(alert), `${alert} fires in a test`);
      assert.ok(shown.quiet.has(alert), `${alert} stays quiet in a test`);
    }
  }
  assert.ok(names.size > 40);
  assert.deepEqual(readdirSync(join(ruleFolder, 'tests')).toSorted(), files.map(({ name }) => name).toSorted());
});

test('rules read what the processes export, by labels that it has', () => {
  const series = seriesOf([...listMetrics(), ...listNodeMetrics()]);
  for (const { rules } of files) {
    for (const { alert, expr } of rules) assert.deepEqual(checkQuery(expr, series), [], alert);
  }
});
