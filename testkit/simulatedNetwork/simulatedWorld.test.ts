import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { classifyFork } from '../../chains/forks/forkClass.ts';
import { parseNetworkFile } from '../../chains/networks/networkFile.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { loadScenario, parseScenario, type Scenario } from '../../lib/scenarioFile.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { planNetwork } from './networkPlan.ts';
import { truthAt, truthOf } from './networkTruth.ts';
import { scenarioChains, scenarioNetworkFiles } from './scenarioChains.ts';
import { SimulatedWorld } from './simulatedWorld.ts';

const curve = await chooseCurve();
/** Not on a full second, as a run begins. */
const startedAt = 1_795_447_838_400;
const group = { client: 'Geth/v1.17.5', network: 'sepolia' };

function read(over: object): Scenario {
  return parseScenario(JSON.stringify({ version: 1, seed: 3, ...over }), 'test');
}

const activation = read({
  networks: [{ slug: 'sepolia', blockTime: '4s' }],
  nodes: [
    { ...group, name: 'ready', count: 3 },
    { ...group, name: 'late', count: 10, forkId: 'unprepared' },
    { ...group, name: 'never', count: 4, forkId: 'unprepared' },
    { ...group, name: 'syncing', count: 2, lag: 5 },
    { ...group, name: 'behind', count: 2, forkId: 'behind' },
    { ...group, name: 'new', count: 1, forkId: 'genesis' },
  ],
  faults: [
    { kind: 'upgrade', at: '10s', group: 'late', client: 'Geth/v1.18.0', share: 0.6, over: '30s' },
    { kind: 'forkActivation', at: '60s', network: 'sepolia', fork: 'Bogota' },
    { kind: 'nodesDown', at: '70s', group: 'never', share: 0.5 },
    { kind: 'nodesUp', at: '80s', group: 'never' },
  ],
});

function look(scenario: Scenario) {
  const world = new SimulatedWorld(scenario, startedAt);
  const plan = planNetwork(curve, scenario, 90);
  const truth = truthOf(plan, world);
  const of = (name: string, at: number) =>
    truth.filter((node) => node.group === name).map((node) => truthAt(node, startedAt + at));
  const view = (name: string, at: number) => {
    const index = truth.findIndex((node) => node.group === name);
    const own = scenario.nodes.find((one) => one.name === name);
    assert.ok(own);
    return world.viewAt(index, own, startedAt + at);
  };
  return { world, truth, of, view };
}

describe('the scenarios that come with the package', () => {
  const folder = join(packageRoot, 'testkit', 'scenarios');
  for (const name of readdirSync(folder)) {
    test(`${name}: every node has its phases, and the networks their files`, () => {
      const scenario = loadScenario(join(folder, name));
      const world = new SimulatedWorld(scenario, startedAt);
      const truth = truthOf(planNetwork(curve, scenario, 90), world);
      for (const { id, phases, group: own } of truth) {
        assert.ok(
          phases.every(({ forkId }) => /^[0-9a-f]{8}$/.test(forkId.hash)),
          `${own} ${id}`,
        );
      }
      for (const [slug, text] of scenarioNetworkFiles(scenario, startedAt)) {
        assert.ok('network' in parseNetworkFile(text, slug), slug);
      }
      assert.notEqual(scenario.title, '', 'a user is told what there is to see');
    });
  }

  test('fork-activation leaves some behind', () => {
    const { truth } = look(loadScenario(join(folder, 'fork-activation.json')));
    const after = truth.map((node) => truthAt(node, startedAt + 120_000).prepared);
    const before = truth.map((node) => truthAt(node, startedAt).prepared);
    const count = (list: readonly boolean[]) => list.filter(Boolean).length;
    assert.deepEqual([count(before), count(after), after.length], [44, 119, 150]);
  });
});

describe('a scenario in time', () => {
  test('the fork stands in the network file that a crawler is given, and nodes announce what the file expects', () => {
    const { of } = look(activation);
    const parsed = parseNetworkFile(scenarioNetworkFiles(activation, startedAt).get('sepolia') ?? '', 'test');
    assert.ok('network' in parsed);
    const { network } = parsed;
    assert.deepEqual(network.forks.at(-1), {
      name: 'Bogota',
      kind: 'time',
      at: BigInt(Math.ceil((startedAt + 60_000) / 1_000)),
    });
    const classes = (name: string, at: number) => [
      ...new Set(
        of(name, at).map(({ forkId }) => {
          const hash = Uint8Array.from(Buffer.from(forkId.hash, 'hex'));
          return classifyFork(network, { hash, next: BigInt(forkId.next) }, { now: startedAt + at }).class;
        }),
      ),
    ];
    assert.deepEqual(
      [classes('ready', 0), classes('never', 0), classes('behind', 0)],
      [['ready'], ['current'], ['behind']],
    );
    assert.deepEqual(classes('new', 0), ['atGenesis']);
    assert.deepEqual(classes('late', 30_000).sort(), ['current', 'ready']);
    assert.deepEqual([classes('ready', 121_000), classes('never', 121_000)], [['current'], ['outdated']]);
    assert.deepEqual(classes('late', 121_000).sort(), ['current', 'outdated']);
  });

  test('a share of a group upgrades one after the other, each with a new name and, at each change, a new record', () => {
    const { of, world } = look(activation);
    const upgraded = (at: number) => of('late', at).filter(({ client }) => client === 'Geth/v1.18.0').length;
    assert.deepEqual([0, 9_999, 10_000, 20_000, 39_999, 60_000].map(upgraded), [0, 0, 1, 3, 6, 6]);
    const late = activation.nodes[1];
    assert.ok(late);
    const seqs = Array.from({ length: 10 }, (_, i) => world.phaseAt(3 + i, late, startedAt + 90_000).seq);
    assert.deepEqual([...seqs].sort(), [1n, 1n, 1n, 1n, 3n, 3n, 3n, 3n, 3n, 3n]);
  });

  test('the fork passes with the first block at its time; who does not know it stays at the block before', () => {
    const { of, view, world } = look(activation);
    const own = world.chains.get('sepolia');
    assert.ok(own);
    const time = own.network.schedule.timeForks.at(-1) ?? 0n;
    const first = own.chain.firstFrom(time);
    const passesAt = own.chain.madeAt(first) - startedAt;
    assert.ok(passesAt >= 60_000 && passesAt < 60_000 + 1_000 + 4_000, `${passesAt}`);
    const hashes = (name: string, at: number) => new Set(of(name, at).map(({ forkId }) => forkId.hash)).size;
    const old = of('ready', 0)[0]?.forkId.hash;
    assert.equal(of('ready', passesAt - 1)[0]?.forkId.hash, old);
    assert.notEqual(of('ready', passesAt)[0]?.forkId.hash, old);
    assert.equal(of('syncing', passesAt + 19_999)[0]?.forkId.hash, old, 'five blocks later');
    assert.notEqual(of('syncing', passesAt + 20_000)[0]?.forkId.hash, old);
    assert.equal(hashes('late', 120_000), 2);
    assert.equal(view('never', 121_000).head, first - 1n);
    assert.equal(view('ready', 121_000).head, own.chain.headAt(startedAt + 120_000));
    assert.equal(view('syncing', 120_000).head, own.chain.headAt(startedAt + 120_000) - 5n);
    assert.equal(view('new', 120_000).head, 0n);
    assert.equal(of('never', 0)[0]?.lastBlock, String(first - 1n));
  });

  test('half of a group goes down and comes back', () => {
    const { of } = look(activation);
    const up = (at: number) => of('never', at).filter(({ alive }) => alive).length;
    assert.deepEqual([69_999, 70_000, 79_999, 80_000].map(up), [4, 2, 2, 4]);
  });

  test('what strikes while it runs changes what is to come and nothing that was', () => {
    const { world } = look(activation);
    const ready = activation.nodes[0];
    const late = activation.nodes[1];
    assert.ok(ready && late);
    const before = world.phaseAt(4, late, startedAt + 40_000);
    world.strike([{ kind: 'upgrade', at: 50_000, group: 'ready', client: 'Geth/v1.19.0', share: 1, over: 0 }]);
    assert.equal(world.phaseAt(0, ready, startedAt + 49_999).client, 'Geth/v1.17.5');
    assert.equal(world.phaseAt(0, ready, startedAt + 50_000).client, 'Geth/v1.19.0');
    assert.deepEqual(world.phaseAt(4, late, startedAt + 40_000), before);
  });

  test('sides of a chain split hold one fork ID and other blocks, for as long as it lasts', () => {
    const scenario = read({
      networks: [{ slug: 'devnet', own: { consensus: 'clique', networkId: 7 }, head: 100, blockTime: '1s' }],
      nodes: [
        { ...group, name: 'main', count: 2, network: 'devnet' },
        { ...group, name: 'other', count: 2, network: 'devnet' },
      ],
      faults: [
        { kind: 'chainSplit', at: '10s', network: 'devnet', height: 105, groups: ['other'] },
        { kind: 'chainHeal', at: '40s', network: 'devnet' },
      ],
    });
    const { world, of, view } = look(scenario);
    const { chain, network } = world.chains.get('devnet') ?? assert.fail('no devnet');
    const hash = (name: string, at: number, height: bigint) => bytesToHex(chain.hashOf(view(name, at).branch, height));
    assert.equal(hash('main', 9_999, 108n), hash('other', 9_999, 108n));
    assert.notEqual(hash('main', 20_000, 105n), hash('other', 20_000, 105n));
    assert.equal(hash('main', 20_000, 104n), hash('other', 20_000, 104n));
    assert.equal(hash('main', 40_000, 105n), hash('other', 40_000, 105n));
    assert.deepEqual(of('main', 20_000)[0]?.forkId, of('other', 20_000)[0]?.forkId);
    const [raw] = chain.find({ branch: 0, seals: 0, head: 1n }, { start: 0n, amount: 1, skip: 0, reverse: false });
    assert.ok(raw);
    assert.deepEqual(network.genesisHash, chain.hashOf(0, 0n));
    const parsed = parseNetworkFile(scenarioNetworkFiles(scenario, startedAt + 9_000).get('devnet') ?? '', 'test');
    assert.deepEqual('network' in parsed && parsed.network.genesisHash, network.genesisHash, 'whenever it starts');
  });

  test('a network that is as its file says needs no file; one that nobody knows is refused', () => {
    assert.equal(scenarioNetworkFiles(read({ nodes: [{ ...group, name: 'a', count: 1 }] }), startedAt).size, 0);
    const unknown = read({ nodes: [{ ...group, name: 'a', count: 1, network: 'mars' }] });
    assert.throws(() => scenarioChains(unknown, startedAt), /there is no network mars/);
  });
});
