/** What liars name, and what the crawl makes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subnetKey } from '../../lib/ipAddress.ts';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import { createNamingWorld, type Names, publicIp } from '../../testkit/namingWorld.ts';
import { defaultFrontierLimits } from './roster.ts';

/** Those that answered, and as many again as may be named. */
const maxIdsOfOneIp = defaultFrontierLimits.maxMetPerIp + defaultFrontierLimits.maxIdsPerIp;

/** 160 live nodes and as many dead; each live one names 16 of them, different ones each time; every 20th may be a forger. */
async function crawlWithForgers(hostile: boolean) {
  const world = createNamingWorld();
  const { random } = world;
  const nodes = Array.from({ length: 320 }, (_, i) => world.at(publicIp(i)));
  let forged = 0;
  const forge: Names = () => Array.from({ length: 16 }, () => world.at(publicIp(5_000 + forged++)));
  for (const [i, node] of nodes.slice(0, 160).entries()) {
    const honest: Names = () => Array.from({ length: 16 }, () => random.pick(nodes));
    world.live(node, hostile && i % 20 === 7 ? forge : honest);
  }
  await world.crawl([nodes[0]!]);
  const live = new Set(nodes.slice(0, 160).map(({ id }) => Buffer.from(id).toString('hex')));
  return { world, live, forged, questions: world.calls.ping + world.calls.findnode };
}

test('one node in twenty names nothing but fresh forgeries: the same nodes are found, for at most half as much work again', async () => {
  const honest = await crawlWithForgers(false);
  const hostile = await crawlWithForgers(true);
  assert.deepEqual(honest.world.answered, honest.live);
  assert.deepEqual(hostile.world.answered, hostile.live, 'all that live and nobody else');
  assert.ok(hostile.forged > 600, `${hostile.forged} forged`);
  assert.ok(hostile.questions <= 1.5 * honest.questions, `${hostile.questions} to ${honest.questions}`);
  // From each of the 8 forgers, as many as a source without credit may name.
  assert.ok(hostile.world.frontier.size <= 320 + 8 * 16, `${hostile.world.frontier.size} known`);
});

test('public nodes that name private, loopback and special addresses: nothing is ever sent there', async () => {
  for (const allowed of [[], ['127.0.0.0/8', '10.0.0.0/8', '192.168.0.0/16', 'fd00::/8']]) {
    const world = createNamingWorld(allowed);
    const inside = ['127.0.0.1', '10.0.0.5', '192.168.1.1', '172.16.9.9', '169.254.169.254', '100.64.0.1', 'fd00::1'];
    const special = ['0.0.0.0', '255.255.255.255', '224.0.0.1', '192.0.2.1', '::', '::1', 'ff02::1', '2001:db8::1'];
    const liar = world.live(world.at('20.0.0.1'), () => [...inside, ...special].map((ip) => world.at(ip)));
    await world.crawl([liar]);
    assert.deepEqual(world.pinged, ['20.0.0.1']);
    assert.deepEqual([...world.codes.keys()], ['addressRefused']);
  }
});

test('a private chain: nodes inside may name one another, and still nothing outside its ranges', async () => {
  const world = createNamingWorld(['10.0.0.0/8']);
  const second = world.live(world.at('10.0.0.2'), () => [world.at('10.0.0.3'), world.at('192.168.0.1')]);
  const first = world.live(world.at('10.0.0.1'), () => [second, world.at('127.0.0.1')]);
  await world.crawl([first]);
  assert.deepEqual(world.pinged, ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
});

test('thousands of live IDs on one IP, each naming a dozen more: only as many are looked at as one IP may have, and the rest are counted', async () => {
  const world = createNamingWorld();
  let made = 0;
  const more: Names = () =>
    Array.from({ length: 16 }, () => world.live({ ...world.at('20.0.0.66'), udp: 2_000 + (made++ % 60_000) }, more));
  const honest = world.live(world.at('20.1.0.1'), () => []);
  const first = world.live(world.at('20.0.0.66'), () => [...more(), honest]);
  await world.crawl([first]);
  assert.ok(made > 1_500, `${made} made`);
  assert.equal(world.pinged.filter((ip) => ip === '20.0.0.66').length, maxIdsOfOneIp);
  const leftOut = world.frontier.leftOut.hosts(world.clock.now());
  assert.deepEqual([leftOut[0]?.host, leftOut[0]?.bound, leftOut.length], ['20.0.0.66', 'idsPerIp', 1]);
  assert.ok((leftOut[0]?.ids ?? 0) > 100, JSON.stringify(leftOut));
  assert.ok(world.pinged.includes('20.1.0.1'), 'the others that it names have their turn');
  assert.ok((world.codes.get('idsPerIp') ?? 0) > 100, JSON.stringify([...world.codes]));
});

test('the same on every address of a /24 or an IPv6 /48: as many are looked at as a subnet may have', async () => {
  for (const ipOf of [(i: number) => `20.0.0.${i & 255}`, (i: number) => `2600:1:2:${(i & 1023).toString(16)}::7`]) {
    const maxMetPerSubnet = 1_000;
    const world = createNamingWorld([], 2, { ...defaultFrontierLimits, maxMetPerSubnet });
    let made = 0;
    const more: Names = () => Array.from({ length: 16 }, () => world.live(world.at(ipOf(made++)), more));
    await world.crawl([world.live(world.at(ipOf(0)), more)]);
    assert.equal(new Set(world.pinged.map((ip) => subnetKey(ip))).size, 1);
    assert.equal(world.frontier.size, maxMetPerSubnet + defaultFrontierLimits.maxIdsPerSubnet);
    assert.ok(made > 2_000, `${made} made`);
  }
});

test('a host with a /64 of IPv6 gets no more by changing its address', async () => {
  const world = createNamingWorld([], 5, { ...defaultFrontierLimits, maxMetPerIp: 300 });
  let made = 0;
  const more: Names = () =>
    Array.from({ length: 16 }, () => world.live(world.at(`2600:1:2:3::${(++made).toString(16)}`), more));
  await world.crawl([world.live(world.at('2600:1:2:3::'), more)]);
  assert.equal(world.frontier.size, 300 + defaultFrontierLimits.maxIdsPerIp);
  // Nor when it names dead nodes elsewhere, from as many sources as it likes.
  const namer = createNamingWorld();
  let source = 0;
  const elsewhere: Names = () => Array.from({ length: 16 }, () => namer.at(publicIp(made++)));
  const sources = Array.from({ length: 20 }, () =>
    namer.live(namer.at(`2600:1:2:3::${(++source).toString(16)}`), elsewhere),
  );
  await namer.crawl(sources);
  assert.ok(namer.frontier.size <= 20 + 16, `${namer.frontier.size} known`);
});

test('tables that loop end a walk and a run, and cost no more than others while it goes on', async () => {
  const world = createNamingWorld();
  const [a, b] = [world.at('20.0.0.1'), world.at('20.0.1.1')];
  world.live(a, () => [b, a]);
  world.live(b, () => [a, b]);
  const ring = Array.from({ length: 40 }, (_, i) => world.at(publicIp(300 + i)));
  for (const [i, node] of ring.entries())
    world.live(node, () => Array.from({ length: 16 }, (_, k) => ring[(i + k) % 40]!));
  await world.crawl([a, ring[0]!]);
  assert.deepEqual([world.calls.ping, world.answered.size], [42, 42]);
  assert.ok(world.calls.findnode <= 42 * 3, `${world.calls.findnode} FINDNODEs`);
  const again = createNamingWorld();
  const pair = [again.at('20.0.0.1'), again.at('20.0.1.1')];
  const [one, other] = pair;
  again.live(one!, () => [other!, one!]);
  again.live(other!, () => [one!, other!]);
  const alone = again.live(again.at('20.0.2.1'), () => []);
  await again.crawl([one!, alone], false, 6 * 3_600_000);
  const visits = (ip: string) => again.pinged.filter((other) => other === ip).length;
  assert.ok(visits('20.0.0.1') <= 1.5 * visits('20.0.2.1'), `${visits('20.0.0.1')} to ${visits('20.0.2.1')}`);
});

test('answers with ever more fresh names end a walk at its limit', async () => {
  const world = createNamingWorld([], 17);
  const liar = world.live(world.at('20.0.0.1'), () =>
    Array.from({ length: 43 }, () => world.at(publicIp(world.random.below(9_999)))),
  );
  await world.crawl([liar]);
  assert.ok(world.calls.findnode <= 17, `${world.calls.findnode} FINDNODEs`);
  assert.ok(world.frontier.size <= 1 + 16, `${world.frontier.size} known`);
});

test('a forged address of a node that is known does not keep it from being found, and is not stored', async () => {
  const world = createNamingWorld();
  const honest = world.live(world.at('20.0.0.1'), () => []);
  const liar = world.live(world.at('20.0.1.1'), () => [{ ...honest, ip: '20.9.9.9' }]);
  const witness = world.live(world.at('20.0.2.1'), () => [honest]);
  await world.crawl([liar, witness], false, 4 * 3_600_000);
  const node = world.frontier.get(bytesToKey(honest.id));
  assert.deepEqual([node?.ip, node?.proven], ['20.0.0.1', true]);
});
