import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../lib/ipAddress.ts';
import { keyOf } from '../../p2p/wire/nodeEndpoint.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { Frontier } from './frontier.ts';
import { defaultFrontierLimits } from './roster.ts';

const policy = createAddressPolicy([parseCidr('127.0.0.0/8')!]);
let serial = 0;
const contactAt = (ip: string, over: { id?: Uint8Array; udp?: number; tcp?: number } = {}) => {
  const id = new Uint8Array(64);
  new DataView(id.buffer).setUint32(60, ++serial);
  return { id, ip, udp: 30303, tcp: 30303, ...over };
};
const create = (limits = defaultFrontierLimits) => new Frontier(policy, limits);

test('nodes come out in order of their due time, and are not handed out twice', () => {
  const frontier = create();
  const [a, b] = [contactAt('8.8.8.8'), contactAt('9.9.9.9')];
  assert.equal(frontier.offer(a, null, 0, 20), 'added');
  assert.equal(frontier.offer(b, null, 0, 10), 'added');
  assert.equal(frontier.take(9), null);
  const first = frontier.take(30)!;
  assert.equal(first.ip, '9.9.9.9');
  assert.equal(frontier.take(30)?.ip, '8.8.8.8');
  assert.equal(frontier.take(30), null);
  assert.equal(frontier.visiting, 2);
  frontier.settle(first, b, true, 31, 100);
  assert.equal(frontier.unvisited, 1);
  assert.equal(frontier.nextDueAt(), 100);
});

test('an unproven address never replaces a proven one', () => {
  const frontier = create();
  const honest = contactAt('8.8.8.8');
  frontier.offer(honest, null, 0, 0);
  const node = frontier.take(0)!;
  frontier.settle(node, honest, true, 1, 50);
  const lie = { ...honest, ip: '6.6.6.6' };
  assert.equal(frontier.offer(lie, '7.7.7.7', 2, 2), 'known');
  assert.equal(frontier.contactOf(node).ip, '8.8.8.8');
  // Only when the proven one is silent is another looked at, and it stays unproven until it answers.
  frontier.settle(frontier.take(50)!, honest, false, 51, 60);
  assert.equal(frontier.offer(lie, '7.7.7.7', 52, 52), 'alternate');
  assert.equal(frontier.contactOf(node).ip, '6.6.6.6');
  frontier.settle(frontier.take(60)!, lie, false, 61, 70);
  assert.equal(frontier.contactOf(node).ip, '8.8.8.8');
  assert.equal(node.ip, '8.8.8.8');
});

test('what may not be contacted is not admitted', () => {
  const own = contactAt('8.8.4.4');
  const frontier = create();
  frontier.disown(own.id);
  assert.equal(frontier.offer(own, null, 0, 0), 'self');
  assert.equal(frontier.offer(contactAt('10.0.0.1'), '8.8.8.8', 0, 0), 'addressRefused');
  assert.equal(frontier.offer(contactAt('127.0.0.1'), '8.8.8.8', 0, 0), 'addressRefused');
  assert.equal(frontier.offer(contactAt('127.0.0.1'), '127.0.0.2', 0, 0), 'added');
  assert.equal(frontier.offer(contactAt('8.8.8.8', { udp: 53 }), null, 0, 0), 'portRefused');
  assert.equal(frontier.offer(contactAt('nonsense'), null, 0, 0), 'addressRefused');
});

test('every bound holds', () => {
  const frontier = create({ ...defaultFrontierLimits, maxNodes: 6, maxIdsPerIp: 2, maxIdsPerSubnet: 3 });
  assert.deepEqual(
    ['8.8.8.8', '8.8.8.8', '8.8.8.8', '8.8.8.9', '8.8.8.10', '9.9.9.9', '9.9.8.9', '9.9.7.9', '9.9.6.9'].map((ip) =>
      frontier.offer(contactAt(ip), null, 0, 0),
    ),
    ['added', 'added', 'idsPerIp', 'added', 'idsPerSubnet', 'added', 'added', 'added', 'frontierFull'],
  );
  const loopback = create({ ...defaultFrontierLimits, maxNodes: 600, maxIdsPerIp: 2, maxIdsPerSubnet: 3 });
  for (let port = 0; port < 500; port++)
    assert.equal(loopback.offer(contactAt('127.0.0.1', { udp: 20_000 + port }), null, 0, 0), 'added');
});

test('it holds exactly as many nodes as it may, whichever way they come', () => {
  const frontier = create({ ...defaultFrontierLimits, maxNodes: 3 });
  const source = create();
  const held = (ip: string) => {
    const node = contactAt(ip);
    source.offer(node, null, 0, 0);
    return source.get(keyOf(node))!;
  };
  for (const ip of ['8.8.8.8', '9.9.9.9']) frontier.restore(held(ip), 10);
  assert.deepEqual([frontier.size, frontier.isFull], [2, false]);
  assert.ok(frontier.admit(held('7.7.7.7'), 10), 'the third is the last that fits');
  assert.deepEqual([frontier.size, frontier.isFull], [3, true]);
  frontier.restore(held('6.6.6.6'), 10);
  assert.equal(frontier.admit(held('5.5.5.5'), 10), null);
  assert.equal(frontier.offer(contactAt('4.4.4.4'), null, 10, 10), 'frontierFull');
  assert.deepEqual([frontier.size, frontier.visiting], [3, 1]);
});

test('the lowest port that is allowed and the highest that exists are admitted, the ones just outside are not', () => {
  const frontier = create();
  assert.deepEqual(
    [1_023, 1_024, 65_535, 65_536].map((udp) => frontier.offer(contactAt('8.8.8.8', { udp }), null, 0, 0)),
    ['portRefused', 'added', 'added', 'portRefused'],
  );
});

test('a mention is noted once in a while, and only of a known node', () => {
  const frontier = create();
  const node = contactAt('8.8.8.8');
  assert.ok(!frontier.isMentionDue(node.id, 1_000, 100));
  frontier.offer(node, null, 1_000, 1_000);
  assert.ok(frontier.isMentionDue(node.id, 1_000, 100));
  assert.ok(!frontier.isMentionDue(node.id, 1_099, 100));
  assert.ok(frontier.isMentionDue(node.id, 1_100, 100));
});

test('a node that was given up as silent is due at once when it answers late, once a visit', () => {
  const frontier = create();
  const node = contactAt('8.8.8.8');
  frontier.offer(node, null, 0, 0);
  frontier.recall(node.id, 0);
  assert.equal(frontier.recalled, 0, 'it is due already');
  const taken = frontier.take(0)!;
  frontier.recall(node.id, 5);
  assert.equal(frontier.recalled, 0, 'it is being visited');
  frontier.settle(taken, node, false, 10, Number.POSITIVE_INFINITY);
  assert.equal(frontier.take(1_000), null);
  frontier.recall(node.id, 20);
  frontier.recall(node.id, 20);
  assert.equal(frontier.recalled, 1);
  const again = frontier.take(20)!;
  assert.equal(again, taken);
  assert.deepEqual([frontier.recalled, frontier.take(20)], [0, null]);
  frontier.settle(again, node, true, 30, 500);
  frontier.recall(node.id, 40);
  assert.equal(frontier.take(40), null, 'it answered: nothing to make good');
  assert.equal(frontier.take(500), taken, 'its entry of old does not count twice');
  assert.equal(frontier.take(9_999), null);
});

test('whoever names nodes that do not answer is not listened to for long; whoever was right gets their turn', () => {
  const frontier = create();
  const names = (count: number) => Array.from({ length: count }, (_, i) => contactAt(`8.${serial & 255}.${i}.8`));
  const forged = names(200);
  const codes = forged.map((node) => frontier.offer(node, '6.6.6.6', 0, 0));
  assert.equal(codes.filter((code) => code === 'added').length, 16);
  assert.equal(codes.filter((code) => code === 'unearned').length, 184);
  const visit = (alive: boolean) => {
    const node = frontier.take(1)!;
    frontier.settle(node, frontier.contactOf(node), alive, 1, 1_000);
  };
  for (let i = 0; i < 15; i++) visit(false);
  assert.equal(frontier.size, 16);
  visit(true);
  assert.equal(frontier.size, 26, 'one that answers is worth ten more, of those that were held back');
  assert.equal(frontier.offer(forged[150]!, '7.7.7.7', 2, 2), 'added', 'another may name them');
});

test('what is held back is bounded, per source and in total', () => {
  const frontier = create();
  for (let source = 0; source < 600; source++) {
    for (let i = 0; i < 40; i++)
      frontier.offer(contactAt(`9.${source >> 8}.${source & 255}.${i}`), `5.5.${source >> 8}.${source & 255}`, 0, 0);
  }
  for (let i = 0; i < 400; i++) frontier.offer(contactAt(`11.0.${i >> 8}.${i & 255}`), '4.4.4.4', 0, 0);
  assert.deepEqual(frontier.held, { sources: 500, most: 272 });
});

test('what the operator names is admitted with any ports; a node without UDP may change its port once the known one is silent', () => {
  const frontier = create();
  const given = contactAt('127.0.0.1', { udp: 0, tcp: 443 });
  assert.equal(frontier.give(given, 0, 0), 'added');
  assert.equal(frontier.offer(contactAt('127.0.0.2', { udp: 443 }), null, 0, 0), 'portRefused');
  const node = frontier.take(0)!;
  assert.deepEqual([node.direct, node.udp, node.tcp], [true, 0, 443]);
  frontier.settle(node, given, true, 1, 50);
  const moved = { ...given, tcp: 21_000 };
  assert.equal(frontier.give(moved, 2, 2), 'known', 'it answers where it is');
  frontier.settle(frontier.take(50)!, given, false, 51, 100);
  assert.equal(frontier.give(moved, 52, 52), 'alternate');
  assert.deepEqual(frontier.contactOf(node).tcp, 21_000);
  assert.equal(frontier.give(contactAt('192.168.0.1'), 0, 0), 'addressRefused');
});
