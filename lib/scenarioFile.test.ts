import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadScenario, parseScenario, ScenarioError } from './scenarioFile.ts';

const geth = { name: 'geth', count: 20, client: 'Geth/v1.14.0', network: 'devnet' };
const whole = {
  version: 1,
  seed: 7,
  title: 'A fork, a split and a churning cluster',
  nodes: [
    geth,
    {
      ...geth,
      name: 'besu',
      client: 'besu/v24.1.0',
      forkId: 'unprepared',
      reachability: 'silent',
      latency: '150ms',
      loss: 0.05,
    },
    { ...geth, name: 'odd', forkId: { hash: '0xfc64ec04', next: '1150000' } },
  ],
  clusters: [{ name: 'prod', members: 3 }],
  faults: [
    { kind: 'chainHeal', at: '50s', network: 'devnet' },
    { kind: 'upgrade', at: '15s', group: 'besu', client: 'besu/v26.8.0', share: 0.5, over: '10s' },
    { kind: 'nodesDown', at: '2m', group: 'geth', share: 0.5 },
    { kind: 'nodesUp', at: '3m', group: 'geth' },
    { kind: 'forkActivation', at: '30s', network: 'devnet', fork: 'prague' },
    { kind: 'chainSplit', at: '40s', network: 'devnet', height: 100, groups: ['besu'] },
    { kind: 'freeze', at: '1s', cluster: 'prod', member: 1, for: '6s' },
    { kind: 'isolate', at: '10s', cluster: 'prod', member: 2 },
    { kind: 'cutLink', at: '12s', cluster: 'prod', between: [1, 3], for: '5s' },
    { kind: 'heal', at: '20s', cluster: 'prod' },
    { kind: 'kill', at: '21s', cluster: 'prod', member: 3 },
    { kind: 'start', at: '25s', cluster: 'prod', member: 3 },
    { kind: 'churn', at: '1m', cluster: 'prod', times: 10, every: '5s' },
  ],
};

function problems(scenario: unknown): string[] {
  try {
    parseScenario(JSON.stringify(scenario), 's.json');
  } catch (error) {
    assert.ok(error instanceof ScenarioError, String(error));
    return error.detail.problems.map(({ field, problem }) => `${field}: ${problem}`);
  }
  return [];
}

describe('scenario file', () => {
  test('every kind of fault is read, times become ms, faults stand in order', () => {
    const scenario = parseScenario(JSON.stringify(whole), 's.json');
    assert.deepEqual(
      scenario.faults.map((fault) => `${fault.at} ${fault.kind}`),
      [
        '1000 freeze',
        '10000 isolate',
        '12000 cutLink',
        '15000 upgrade',
        '20000 heal',
        '21000 kill',
        '25000 start',
        '30000 forkActivation',
        '40000 chainSplit',
        '50000 chainHeal',
        '60000 churn',
        '120000 nodesDown',
        '180000 nodesUp',
      ],
    );
    assert.deepEqual(scenario.nodes[0], {
      ...geth,
      forkId: 'ready',
      reachability: 'full',
      neighbours: 'honest',
      headers: 'honest',
      lag: 0,
      subnet: 'own',
      latency: 20,
      jitter: 0,
      loss: 0,
      perIp: 1,
      record: 'fresh',
      speaks: 'discv4',
      layer: 'execution',
    });
    assert.equal(scenario.nodes[1]?.latency, 150);
    assert.deepEqual(scenario.nodes[2]?.forkId, { hash: '0xfc64ec04', next: 1_150_000n });
  });

  test('the smallest file', () => {
    assert.deepEqual(parseScenario('{"version":1,"seed":0}', 's'), {
      version: 1,
      seed: 0,
      title: '',
      addresses: 'packed',
      networks: [],
      nodes: [],
      clusters: [],
      faults: [],
    });
  });

  test('all problems are told at once, each with its field', () => {
    const found = problems({
      version: 2,
      seed: -1,
      extra: 1,
      nodes: [{ ...geth, count: 0, loss: 2, latency: '20', reachability: 'half' }],
      faults: [
        { kind: 'explode', at: '1s' },
        { kind: 'heal', at: 5, cluster: 'prod' },
      ],
    });
    for (const field of [
      'version',
      'seed',
      'nodes.0.count',
      'nodes.0.loss',
      'nodes.0.latency',
      'nodes.0.reachability',
      'faults.0.kind',
      'faults.1.at',
    ]) {
      assert.ok(
        found.some((line) => line.startsWith(`${field}: `)),
        `${field} in ${found.join(' | ')}`,
      );
    }
    assert.ok(found.some((line) => line.includes('extra')));
  });

  test('a fault must strike something that is there', () => {
    const table: [unknown, string][] = [
      [{ kind: 'nodesDown', at: '1s', group: 'nobody' }, 'faults.0.group: there is no group nobody'],
      [
        { kind: 'forkActivation', at: '1s', network: 'mars', fork: 'x' },
        'faults.0.network: no group of nodes is on mars',
      ],
      [
        { kind: 'chainSplit', at: '1s', network: 'devnet', height: 1, groups: ['x'] },
        'faults.0.groups: x is not a group on devnet',
      ],
      [{ kind: 'heal', at: '1s', cluster: 'x' }, 'faults.0.cluster: there is no cluster x'],
      [{ kind: 'kill', at: '1s', cluster: 'prod', member: 4 }, 'faults.0.member: prod has only 3 members'],
      [
        { kind: 'cutLink', at: '1s', cluster: 'prod', between: [2, 2] },
        'faults.0.between: a link connects two different members',
      ],
    ];
    for (const [fault, problem] of table) assert.deepEqual(problems({ ...whole, faults: [fault] }), [problem]);
    assert.deepEqual(problems({ ...whole, nodes: [geth, geth], faults: [] }), ['nodes.1.name: geth is already taken']);
  });

  test('a network of its own says how high its chain is, a known one need not', () => {
    const own = { slug: 'devnet', own: { consensus: 'qbft', networkId: 1337 } };
    const head = 'networks.0.head: a chain of its own needs a head from 1 to 100000';
    assert.deepEqual(problems({ ...whole, networks: [own] }), [head]);
    assert.deepEqual(problems({ ...whole, networks: [{ ...own, head: 100_001 }] }), [head]);
    assert.deepEqual(problems({ ...whole, networks: [{ slug: 'devnet', blockTime: '1s' }] }), []);
    assert.deepEqual(problems({ ...whole, networks: [{ slug: 'devnet' }, { slug: 'devnet' }] }), [
      'networks.1.slug: devnet is already taken',
    ]);
    assert.deepEqual(problems({ ...whole, networks: [{ slug: 'devnet', blockTime: '20ms' }] }), [
      'networks.0.blockTime: at least 100ms',
    ]);
  });

  test('numbers stay in 64 bits', () => {
    const fault = { kind: 'chainSplit', at: '1s', network: 'devnet', groups: ['geth'] };
    assert.deepEqual(problems({ ...whole, faults: [{ ...fault, height: '18446744073709551615' }] }), []);
    assert.equal(problems({ ...whole, faults: [{ ...fault, height: '18446744073709551616' }] }).length, 1);
  });

  test('a file that is missing or no JSON says so', () => {
    const folder = mkdtempSync(join(tmpdir(), 'forkscope-scenario-'));
    const path = join(folder, 's.json');
    try {
      assert.throws(() => loadScenario(path), /cannot be read: ENOENT/);
      writeFileSync(path, '{');
      assert.throws(() => loadScenario(path), /is not JSON/);
      writeFileSync(path, JSON.stringify(whole));
      assert.equal(loadScenario(path).seed, 7);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
