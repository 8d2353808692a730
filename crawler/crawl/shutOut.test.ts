/** Liars at one moment, an honest node then and a year later: nobody can be shut out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { createNamingWorld, type Names, publicIp } from '../../testkit/namingWorld.ts';
import { defaultSchedule } from './backoff.ts';
import { defaultFrontierLimits } from './roster.ts';

const hour = 3_600_000;
const year = 365 * 24 * hour;

type World = ReturnType<typeof createNamingWorld>;
const idOf = ({ id }: NodeContact): string => Buffer.from(id).toString('hex');

/**
 * Two liars who earn credit by naming a crowd of real nodes, which leave after two hours; an honest witness, and a victim
 * whom the witness names only from `honestFrom` on. The liars lie for an hour.
 */
function stage(world: World, victim: NodeContact, lie: () => NodeContact[], honestFrom: number): NodeContact[] {
  const { clock } = world;
  const from = clock.now();
  const crowd = Array.from({ length: 64 }, (_, i) => world.live(world.at(publicIp(300 + i)), () => []));
  const liars = [0, 1].map((i) => world.at(publicIp(100 + i)));
  const lies: Names = () => (clock.now() - from < hour ? [...crowd, ...lie()] : []);
  for (const liar of liars) world.live(liar, lies);
  const witness = world.live(world.at(publicIp(200)), () => (clock.now() - from < honestFrom ? [] : [victim]));
  world.live(victim, () => []);
  clock.after(2 * hour, () => crowd.forEach(world.end));
  return [...liars, witness];
}

const lies: Readonly<Record<string, (world: World, victim: NodeContact) => () => NodeContact[]>> = {
  'made-up IDs at its IP': (world, { ip }) => {
    const fakes = Array.from({ length: 200 }, () => world.at(ip));
    return () => fakes;
  },
  'ever new made-up IDs at its IP':
    (world, { ip }) =>
    () =>
      Array.from({ length: 16 }, () => world.at(ip)),
  'made-up IDs in its /24': (world) => {
    const fakes = Array.from({ length: 1_500 }, (_, i) => world.at(`20.0.9.${i % 255}`));
    let next = 0;
    return () => Array.from({ length: 43 }, () => fakes[next++ % fakes.length]!);
  },
  'its ID at wrong addresses': (_, victim) => {
    let next = 0;
    return () => Array.from({ length: 16 }, () => ({ ...victim, ip: publicIp(2_000 + next++) }));
  },
  'made-up IDs everywhere': (world) => () =>
    Array.from({ length: 43 }, () => world.at(publicIp(world.random.below(9_000)))),
};

for (const [what, lieOf] of Object.entries(lies)) {
  for (const [when, honestFrom, forMs] of [
    ['the day of the lies', hour / 2, 26 * hour],
    ['a year later', year, year + 13 * hour],
  ] as const) {
    test(`liars name ${what}: who is named by one honest node ${when} is found`, async () => {
      const maxNodes = 300;
      const world = createNamingWorld([], 5, { ...defaultFrontierLimits, maxNodes });
      const victim = world.at('20.0.9.9');
      await world.crawl(stage(world, victim, lieOf(world, victim), honestFrom), false, 3 * hour);
      await world.skim(forMs - 3 * hour, { ...defaultSchedule, revisitMs: 6 * hour });
      assert.ok(world.answered.has(idOf(victim)), JSON.stringify([...world.codes]));
      assert.ok(world.frontier.size <= maxNodes, `${world.frontier.size} known`);
    });
  }
}

for (const count of [45, 500]) {
  test(`${count} honest nodes on one IP count in full`, async () => {
    const world = createNamingWorld();
    const nodes = Array.from({ length: count }, (_, i) => ({ ...world.at('20.0.9.9'), udp: 2_000 + i }));
    for (const node of nodes) world.live(node, () => Array.from({ length: 16 }, () => world.random.pick(nodes)));
    await world.crawl([nodes[0]!], false, 3 * hour);
    assert.equal(world.answered.size, count);
  });
}
