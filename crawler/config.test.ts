import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { defaultDataDir } from '../lib/commonConfig.ts';
import { ConfigError, loadConfig } from '../lib/configLayers.ts';
import { readConfig } from '../lib/readConfig.ts';
import { crawlerDefinition, readCrawlerConfig } from './config.ts';

function fixesOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.detail.problems.map((problem) => `${problem.name}: ${problem.fix}`);
  }
  return [];
}

describe('crawler configuration', () => {
  test('every default passes its own check', () => {
    for (const [name, field] of Object.entries(crawlerDefinition)) {
      const asGiven = name.endsWith('Ms') ? field.defaultText : field.default;
      assert.deepEqual(field.schema.parse(asGiven), field.default, name);
    }
  });

  test('fields judge their own kind of text', () => {
    const good: [string, string][] = [
      ['allowed-cidrs', '10.0.0.0/8,fd00::/8'],
      [
        'bootnodes',
        `enode://${'ab'.repeat(64)}@10.0.0.1:30303?discport=0,enode://${'ab'.repeat(64)}@[::1]:30303,enr:-abc_`,
      ],
      ['bind6', 'none'],
      ['external-ip', '2001:db8::1'],
      ['census-interval', '6h'],
      ['census-interval', '*/5 * * * *'],
      ['census-cron', '*/5 * * * *'],
      ['vantage', 'fra-1.example'],
    ];
    const bad: [string, string][] = [
      ['allowed-cidrs', '10.0.0.0/33'],
      ['bootnodes', 'enode://abcd@1.2.3.4:1'],
      ['bind4', '::1'],
      ['external-ip', '300.1.1.1'],
      ['census-interval', 'now and then'],
      ['census-interval', '500ms'],
      ['census-interval', '0 0 29 feb mon#1'],
      ['census-cron', 'now and then'],
      ['vantage', 'a\nb'],
      ['networks', 'Main Net'],
      ['port', '70000'],
      ['network', 'sepolia'],
    ];
    for (const [flag, value] of good)
      assert.deepEqual(
        fixesOf(() => loadConfig(crawlerDefinition, { flags: { [flag]: value } })),
        [],
        flag,
      );
    for (const [flag, value] of bad)
      assert.equal(fixesOf(() => loadConfig(crawlerDefinition, { flags: { [flag]: value } })).length, 1, flag);
  });

  test('fills in what only the machine knows', () => {
    const config = readCrawlerConfig({ 'data-dir': '/srv/x', config: fileWith('{}') });
    assert.equal(config.dataDir, '/srv/x');
    assert.ok(config.vantage.length > 0);
    assert.ok(readCrawlerConfig({ config: fileWith('{}') }).dataDir.endsWith('/forkscope'));
  });

  test('a time between visits that is longer than the longest window is refused, and the longest that fits is named', () => {
    const config = fileWith('{}');
    const fixes = (revisit: string, lease = '1m') => fixesOf(() => readCrawlerConfig({ config, revisit, lease }));
    assert.deepEqual(fixes('19h55m'), []);
    assert.deepEqual(fixes('7d'), [
      '--revisit: no count looks back further than 1d, and a node may be looked at 8d9h42m after the last time; give at most 19h55m',
    ]);
    assert.equal(fixes('19h30m', '1h').length, 1, 'what a dead crawler holds waits as well');
    assert.match(fixesOf(() => readCrawlerConfig({ config: fileWith('{"revisit": "7d"}') })).join(), /^revisit: /);
  });

  test('a file that is missing, broken or too large says so and quotes none of it', () => {
    const surroundings = { env: {}, cwd: tmpdir() };
    const fixOf = (config: string) =>
      fixesOf(() => readConfig(crawlerDefinition, { ...surroundings, flags: { config } })).join();
    assert.match(fixOf('/nowhere/f.json'), /cannot be read: ENOENT/);
    const broken = fixOf(fileWith('{"databaseUrl": "postgres://u:hunter2@h" x'));
    assert.match(broken, /is not JSON at position 41/);
    assert.doesNotMatch(broken, /hunter2/);
    assert.match(fixOf(fileWith(' '.repeat(1_100_000))), /is larger than/);
  });

  test('FORKSCOPE_CONFIG names the file, a flag overrides it', () => {
    const fromEnv = fileWith('{"port": 1}');
    const fromFlag = fileWith('{"port": 2}');
    const env = { FORKSCOPE_CONFIG: fromEnv };
    assert.equal(readConfig(crawlerDefinition, { env, cwd: '/' }).config.port, 1);
    assert.equal(readConfig(crawlerDefinition, { env, cwd: '/', flags: { config: fromFlag } }).config.port, 2);
  });

  test('the data directory without a setting', () => {
    assert.equal(defaultDataDir({ isRoot: true, home: '/root', xdgDataHome: '/root/x' }), '/var/lib/forkscope');
    assert.equal(defaultDataDir({ isRoot: false, home: '/home/a', xdgDataHome: '/data' }), '/data/forkscope');
    assert.equal(
      defaultDataDir({ isRoot: false, home: '/home/a', xdgDataHome: 'relative' }),
      '/home/a/.local/share/forkscope',
    );
  });
});

const folder = mkdtempSync(join(tmpdir(), 'forkscope-config-'));
let files = 0;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function fileWith(text: string): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, text);
  return path;
}
