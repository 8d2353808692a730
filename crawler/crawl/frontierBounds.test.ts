/** Who gives way to whom in a frontier at its bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { Frontier } from './frontier.ts';
import { LeftOut } from './leftOut.ts';
import { maxOtherAddresses, OtherAddresses } from './otherAddresses.ts';
import { defaultFrontierLimits, type FrontierLimits } from './roster.ts';

const day = 24 * 3_600_000;
let serial = 0;
const contactAt = (ip: string): NodeContact => {
  const id = new Uint8Array(64);
  new DataView(id.buffer).setUint32(60, ++serial);
  return { id, ip, udp: 30_303, tcp: 30_303 };
};
const create = (limits: Partial<FrontierLimits> = {}) =>
  new Frontier(createAddressPolicy([]), { ...defaultFrontierLimits, ...limits });
const named = (frontier: Frontier, ip: string, now = 0) => {
  const contact = contactAt(ip);
  return { contact, code: frontier.offer(contact, null, now, now) };
};
/** Visits everything that is due, in vain. */
const visitInVain = (frontier: Frontier, now: number, dueAt = now + 1) => {
  for (let node = frontier.take(now); node !== null; node = frontier.take(now))
    frontier.settle(node, frontier.contactOf(node), false, now, dueAt);
};

test('whoever answered or dialled us finds a place even where named ones have taken them all, and is counted separately at its IP', () => {
  const frontier = create({ maxNodes: 40 });
  for (let i = 0; i < 32; i++) assert.equal(named(frontier, '8.8.8.8').code, 'added');
  assert.equal(named(frontier, '8.8.8.8').code, 'idsPerIp');
  const [answered, dialled] = [contactAt('8.8.8.8'), contactAt('8.8.8.8')];
  assert.equal(frontier.meet(answered, true, 1), 'added');
  assert.equal(frontier.meet(dialled, false, 1), 'added');
  for (let i = 0; frontier.size < 40; i++) named(frontier, `9.0.${i}.1`);
  assert.equal(named(frontier, '9.1.0.1').code, 'frontierFull');
  assert.equal(frontier.meet(contactAt('9.2.0.1'), true, 1), 'added', 'one that was never asked makes room');
  assert.equal(frontier.size, 40);
  assert.ok([answered, dialled].every(({ id }) => frontier.get(bytesToKey(id))?.met));
});

test('a node that answers from an address other than the one named is taken to be there', () => {
  const frontier = create();
  const real = contactAt('8.8.8.8');
  for (let i = 0; i < 20; i++) frontier.offer({ ...real, ip: `6.6.${i}.6` }, null, 0, 0);
  assert.equal(frontier.meet(real, true, 1), 'alternate');
  const node = frontier.take(1)!;
  assert.deepEqual([frontier.contactOf(node).ip, node.met, node.proven], ['8.8.8.8', true, true]);
  frontier.settle(node, real, true, 2, 100);
  assert.equal(frontier.meet({ ...real, ip: '7.7.7.7' }, true, 3), 'known', 'one that answers is left where it is');
  assert.equal(node.ip, '8.8.8.8');
});

test('of those met at one IP, the one gone longest makes room, and none that still answers', () => {
  const frontier = create({ maxMetPerIp: 3 });
  const nodes = [1, 2, 3].map((at) => {
    const contact = contactAt('8.8.8.8');
    frontier.meet(contact, true, at);
    const node = frontier.take(at)!;
    frontier.settle(node, contact, true, at, 10);
    return node;
  });
  assert.equal(frontier.meet(contactAt('8.8.8.8'), true, 5), 'idsPerIp');
  assert.deepEqual(frontier.leftOut.hosts(5), [{ host: '8.8.8.8', bound: 'idsPerIp', ids: 1 }]);
  for (const node of [frontier.take(10)!, frontier.take(10)!, frontier.take(10)!])
    frontier.settle(node, frontier.contactOf(node), node === nodes[2], 10, 20);
  const late = contactAt('8.8.8.8');
  assert.equal(frontier.meet(late, true, 11), 'added');
  assert.deepEqual(
    [...nodes, { idKey: bytesToKey(late.id) }].map(({ idKey }) => frontier.get(idKey) !== undefined),
    [false, true, true, true],
  );
});

test('a node that never answered and that nobody names any more is forgotten; one that the operator chose or that once answered is not', () => {
  const frontier = create();
  const forgotten: string[] = [];
  frontier.onForgotten = (idKey) => forgotten.push(idKey);
  const [never, chosen, still, once] = [1, 2, 3, 4].map((i) => named(frontier, `8.8.${i}.8`).contact) as [
    NodeContact,
    NodeContact,
    NodeContact,
    NodeContact,
  ];
  frontier.give(chosen, 0, 0);
  frontier.meet(once, true, 0);
  for (let at = 0; at <= 4 * day; at += day / 2) {
    frontier.isMentionDue(still.id, at, 1);
    visitInVain(frontier, at);
  }
  assert.deepEqual(forgotten, [bytesToKey(never.id)]);
  assert.equal(frontier.size, 3);
  assert.equal(named(frontier, '8.8.1.8', 5 * day).code, 'added');
});

test('what was forgotten is never visited, and its stale entries do not pile up', () => {
  const frontier = create({ maxNodes: 100 });
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 100; i++) named(frontier, `8.${round}.${i}.8`, round);
    visitInVain(frontier, round, 1_000_000 + round);
  }
  assert.equal(frontier.size, 100);
  let taken = 0;
  while (frontier.take(2_000_000) !== null) taken++;
  assert.equal(taken, 100);
});

test('a silent node has at most four named addresses, and those not tried yet come before those tried in vain', () => {
  const others = new OtherAddresses(10);
  const at = (i: number) => ({ ip: `8.8.8.${i}`, udp: 30_303, tcp: 30_303 });
  for (let i = 0; i < maxOtherAddresses; i++) others.add(at(i));
  assert.equal(others.hasRoom, false);
  others.add(at(9));
  assert.equal(others.has(at(9)), false, 'those named first have their turn');
  assert.equal(others.next(false)?.ip, '8.8.8.0');
  others.asked(at(0), 20);
  others.add(at(9));
  assert.deepEqual([others.has(at(0)), others.has(at(9))], [false, true]);
  const order: (string | undefined)[] = [];
  for (let now = 30; now < 100; now += 10) {
    const next = others.next(false);
    order.push(next?.ip);
    others.asked(next ?? at(200), now);
  }
  assert.deepEqual(order, ['8.8.8.1', '8.8.8.2', '8.8.8.3', '8.8.8.9', undefined, '8.8.8.1', '8.8.8.2']);
});

test('a proven address gets every second turn, whatever else is named', () => {
  const others = new OtherAddresses(10);
  const turns: boolean[] = [];
  for (let i = 0; i < 6; i++) {
    others.add({ ip: `8.8.8.${i}`, udp: 30_303, tcp: 30_303 });
    const next = others.next(true);
    turns.push(next === null);
    others.asked(next ?? { ip: '9.9.9.9', udp: 1, tcp: 1 }, 20 + i);
  }
  assert.deepEqual(turns, [false, true, false, true, false, true]);
});

test('nodes left out are counted by IP for a day or until they are admitted, and within a bound', () => {
  const leftOut = new LeftOut();
  for (let i = 0; i < 5_000; i++) leftOut.note(`a${i}`, '8.8.8.8', 'idsPerIp', 0);
  for (let i = 0; i < 40_000; i++)
    leftOut.note(`b${i}`, `9.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 'frontierFull', 1);
  const sum = (now: number) => leftOut.hosts(now).reduce((ids, host) => ids + host.ids, 0);
  assert.ok(sum(1) < 20_000, `${sum(1)}`);
  leftOut.note('c', '7.7.7.7', 'idsPerSubnet', 2);
  leftOut.note('c', '7.7.7.7', 'idsPerSubnet', 3);
  assert.deepEqual(
    leftOut.hosts(3).filter(({ host }) => host === '7.7.7.7'),
    [{ host: '7.7.7.7', bound: 'idsPerSubnet', ids: 1 }],
  );
  leftOut.settled('c');
  assert.deepEqual(leftOut.hosts(day + 2), []);
  for (let i = 0; i < 5_000; i++) leftOut.note(`d${i}`, '8.8.8.8', 'idsPerIp', day + 2);
  assert.deepEqual(leftOut.hosts(day + 2), [{ host: '8.8.8.8', bound: 'idsPerIp', ids: 2_048 }]);
});
