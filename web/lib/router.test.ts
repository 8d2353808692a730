import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeFilterParams, parseNodeFilters, parseRoute, parseView, routePath, routeUrl, sections } from './router.ts';

const id = 'ab'.repeat(64);
const view = { network: null, window: 'day', figure: 'ids', range: 'week' } as const;

test('paths and routes map onto each other', () => {
  for (const path of ['/', ...sections.map((section) => `/${section}`), `/nodes/${id}`, '/raft/prod']) {
    const route = parseRoute(path);
    assert.notEqual(route.at, 'notFound', path);
    assert.equal(routePath(route), path);
  }
  assert.deepEqual(parseRoute('/forks/'), { at: 'forks' });
  assert.deepEqual(parseRoute(`/nodes/0x${id.toUpperCase()}`), { at: 'node', id });
});

test('what is no page is not found', () => {
  for (const path of ['/node', '/nodes/abc', `/nodes/${id}/more`, '/forks/1', '/constructor']) {
    assert.deepEqual(parseRoute(path), { at: 'notFound', path });
  }
});

test('defaults stay out of the address, choices survive a round trip', () => {
  assert.equal(routeUrl({ at: 'forks' }, view), '/forks');
  const chosen = { network: 'sepolia', window: 'now', figure: 'ips', range: 'month' } as const;
  const url = routeUrl({ at: 'nodes' }, chosen, { client: 'geth', q: '' });
  assert.equal(url, '/nodes?network=sepolia&window=now&figure=ips&range=month&client=geth');
  assert.deepEqual(parseView(new URL(url, 'http://x').searchParams), chosen);
});

test('values that no page knows are dropped', () => {
  const search = new URLSearchParams('network=../etc&window=ever&figure=__proto__&range=eon');
  assert.deepEqual(parseView(search), view);
});

test('filters of the node list survive a round trip', () => {
  const search = new URLSearchParams(
    'population=reachable&client=geth&forkHash=07c9462e&forkClass=ready&identity=relative&q=203&cursor=abc',
  );
  const filters = parseNodeFilters(search);
  assert.deepEqual(Object.fromEntries(search), nodeFilterParams(filters));
  assert.equal(nodeFilterParams(parseNodeFilters(new URLSearchParams('population=gone'))).population, undefined);
});
