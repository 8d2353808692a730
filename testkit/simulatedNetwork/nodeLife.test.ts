import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { standInCurve } from '../standInCurve.ts';
import { addressOf, planNetwork, portOf } from './networkPlan.ts';
import { lifeOf } from './nodeLife.ts';
import { SimulatedWorld } from './simulatedWorld.ts';

const hour = 3_600_000;
const startedAt = Date.UTC(2027, 0, 4, 9);

const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 5,
    addresses: 'spread',
    nodes: [
      { name: 'stable', count: 3, client: 'Geth/v1.17.5/linux/go1.26', network: 'mainnet' },
      { name: 'coming', count: 60, client: 'x/v1', network: 'mainnet', churn: { up: '40m', down: '80m' } },
      { name: 'rotating', count: 6, client: 'x/v1', network: 'mainnet', rotation: '1h' },
      { name: 'crowd', count: 10, client: 'x/v1', network: 'mainnet', perIp: 4 },
    ],
  }),
  'the test',
);
const groupOf = (name: string) => scenario.nodes.find((group) => group.name === name) ?? assert.fail(name);

test('who comes and goes is up for its share of the time, in turns of all lengths, the same for a seed', () => {
  const coming = groupOf('coming');
  let up = 0;
  let sessions = 0;
  for (let place = 0; place < 60; place++) {
    const turns = lifeOf(coming, place, place);
    assert.deepEqual(lifeOf(coming, place, place), turns);
    assert.equal(turns[0]?.at, 0);
    for (const [index, turn] of turns.entries()) {
      const next = turns[index + 1];
      if (next === undefined) continue;
      assert.ok(next.at > turn.at && next.up !== turn.up);
      if (!turn.up) continue;
      up += next.at - turn.at;
      sessions += 1;
    }
  }
  const share = up / (60 * 8 * 24 * hour);
  assert.ok(Math.abs(share - 1 / 3) < 0.03, `${share}`);
  assert.ok(Math.abs(up / sessions / 60_000 - 40) < 3, `${up / sessions / 60_000} minutes a session`);
});

test('of a machine that changes its key exactly one key is there at a time, at one address', () => {
  const world = new SimulatedWorld(scenario, startedAt);
  const group = groupOf('rotating');
  const nodes = Array.from({ length: 6 }, (_, place) => 63 + place);
  for (let at = 0; at < 6 * hour; at += hour / 4) {
    const up = nodes.filter((index) => world.phaseAt(index, group, startedAt + at).up);
    assert.deepEqual(up, [63 + Math.floor(at / hour)]);
  }
  const plan = planNetwork(standInCurve, scenario, 90);
  assert.equal(new Set(nodes.map((index) => addressOf(plan, index))).size, 1);
  assert.equal(new Set(nodes.map(portOf)).size, 6);
});

test('a node that is gone is named for an hour more; one that has not come yet is not', () => {
  const world = new SimulatedWorld(scenario, startedAt);
  const group = groupOf('rotating');
  const knownAt = (hours: number) => world.isKnownAt(65, group, startedAt + hours * hour);
  assert.deepEqual([1.9, 2.1, 3.9, 4.1].map(knownAt), [false, true, true, false]);
  assert.equal(world.isKnownAt(0, groupOf('stable'), startedAt), true);
});

test('nodes share addresses as the scenario says, and those of others are their own', () => {
  const plan = planNetwork(standInCurve, scenario, 90, 45);
  const addresses = Array.from({ length: plan.size }, (_, index) => addressOf(plan, index));
  assert.ok(addresses.every((ip) => ip.startsWith('45.90.')));
  assert.deepEqual(
    [69, 73, 77].map((from) => new Set(addresses.slice(from, Math.min(from + 4, plan.size))).size),
    [1, 1, 1],
  );
  assert.equal(new Set(addresses).size, 3 + 60 + 1 + 3);
});
